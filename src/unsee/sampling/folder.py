"""A whole prompt set into a folder.

generate_set   a prompt set -> pictures and manifest.jsonl in a folder; resumable
Drawn          a line of the manifest: one picture, and all that it takes to draw it again
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from PIL import Image

from unsee.denoisers.base import Denoiser
from unsee.errors import OptionError, OutputError, Stopped, option, unknown_name
from unsee.prompts import DRAWN_AT_ONCE, PromptSet
from unsee.running.files import check_output, writing
from unsee.running.fingerprints import Identity
from unsee.running.progress import Progress, Watch
from unsee.sampling.draw import draw, sampler_settings
from unsee.sampling.guidance import SLD
from unsee.weights.erased import applied_to, identity_of

MANIFEST = "manifest.jsonl"


@dataclass(frozen=True)
class Drawn:
    """One picture, and all that it takes to draw it again."""

    id: str
    """The row of the prompt set."""
    file: str
    """Name of the picture in the folder."""
    prompt: str
    seed: int
    group: str
    negative: str | None
    """The negative prompt."""
    guidance: float
    steps: int
    """Sampler steps."""
    model: str
    fingerprint: str
    """Of the base model's network."""
    erased: str | None
    """sha256 of the erased file that was applied; null for the original model."""
    unsafe: str | None = None
    """What SLD steered away from."""
    sld: str | None = None
    """Name of its configuration, a key of guidance.SLD; the warm-up is in proportion to `steps`."""
    height: int | None = None
    """Pixels, where it is not the model's own size."""
    width: int | None = None


def generate_set(
    model: Denoiser,
    prompt_set: PromptSet,
    folder: str | Path,
    *,
    steps: int | None = None,
    guidance: float | None = None,
    negative: str | None = None,
    unsafe: str | None = None,
    sld: str | None = None,
    height: int | None = None,
    width: int | None = None,
    batch_size: int = DRAWN_AT_ONCE,
    progress: Watch | None = None,
) -> list[Drawn]:
    """Draw each row of the set into `folder`, with a manifest.

    A second call goes on where the first one stopped and ends with the same files: batches are cut
    from the set, not from what is missing. A folder of pictures of other settings is refused.
    """
    folder = Path(folder)
    settings = sampler_settings(model, steps, guidance)
    if sld is not None and sld not in SLD:
        raise unknown_name("configuration of SLD", sld, SLD)
    carried = applied_to(model.network)
    planned = {
        row.id: Drawn(
            **asdict(row),
            file=f"{row.id}.png",
            negative=negative,
            guidance=settings.guidance,
            steps=settings.steps,
            model=model.name,
            fingerprint=model.fingerprint,
            erased=None if carried is None else carried.sha256,
            unsafe=unsafe,
            sld=sld,
            height=height,
            width=width,
        )
        for row in prompt_set
    }
    manifest = folder / MANIFEST
    check_output(manifest, overwrite=True)
    done = _already_drawn(folder, planned, identity_of(model))
    _write_manifest(manifest, done)
    began, before = time.monotonic(), len(done)
    for batch in _batches(list(planned.values()), batch_size):
        try:
            if not all(drawn.id in done for drawn in batch):
                pictures = draw(
                    model,
                    [drawn.prompt for drawn in batch],
                    [drawn.seed for drawn in batch],
                    steps=settings.steps,
                    guidance=settings.guidance,
                    negative=negative,
                    unsafe=unsafe,
                    sld=sld,
                    height=height,
                    width=width,
                    batch_size=batch_size,
                )
                for drawn, picture in zip(batch, pictures, strict=True):
                    if drawn.id not in done:
                        _add(folder, drawn, picture)
                        done[drawn.id] = drawn
            if progress is not None:
                seconds = time.monotonic() - began
                progress(
                    Progress(done=len(done), total=len(planned), seconds=seconds, before=before)
                )
        except KeyboardInterrupt as interrupt:
            raise Stopped(
                f"stopped after {len(done)} of {len(planned)} pictures; "
                f"they are in {folder}, and the same command goes on",
                manifest,
            ) from interrupt
    _write_manifest(manifest, planned)
    return list(planned.values())


def _batches(planned: list[Drawn], size: int) -> Iterator[list[Drawn]]:
    if size < 1:
        raise OptionError(f"{option('batch_size')} must be at least 1, not {size}")
    for start in range(0, len(planned), size):
        yield planned[start : start + size]


def _add(folder: Path, drawn: Drawn, picture: Image.Image) -> None:
    with writing(folder / drawn.file, overwrite=True) as temporary:
        picture.save(temporary, format="PNG")
    with (folder / MANIFEST).open("a", encoding="utf-8") as file:
        file.write(_line(drawn))


def _already_drawn(folder: Path, planned: dict[str, Drawn], identity: Identity) -> dict[str, Drawn]:
    """Read what a stopped call left; an OutputError if it was not this call."""
    manifest = folder / MANIFEST
    lines = (
        manifest.read_text(encoding="utf-8", errors="replace").splitlines()
        if manifest.exists()
        else []
    )
    done: dict[str, Drawn] = {}
    for line in lines:
        try:
            drawn = Drawn(**json.loads(line))
        except (ValueError, TypeError):
            continue  # cut off where the call was killed
        there = planned.get(drawn.id)
        # Earlier versions called the same model by its sha256.
        renamed = there is not None and there.fingerprint != drawn.fingerprint
        if renamed and identity.is_called(str(drawn.fingerprint)):
            drawn = replace(drawn, fingerprint=identity.fingerprint)
        if there != drawn:
            raise OutputError(
                f"{folder} holds other pictures ({_difference(drawn, there)}); "
                "choose another folder, or remove it"
            )
        if _is_whole(folder / drawn.file):
            done[drawn.id] = drawn
    return done


def _is_whole(path: Path) -> bool:
    """Whether there is a picture and all of it can be read; what is damaged is drawn again."""
    try:
        with Image.open(path) as picture:
            picture.load()
    except (OSError, SyntaxError):
        return False
    return True


def _difference(drawn: Drawn, planned: Drawn | None) -> str:
    if planned is None:
        return f"id {drawn.id} is not in this prompt set"
    was, now = asdict(drawn), asdict(planned)
    name = next(name for name in was if was[name] != now[name])
    return f"{name} of {drawn.id} is {was[name]!r} there, and {now[name]!r} here"


def _write_manifest(manifest: Path, pictures: dict[str, Drawn]) -> None:
    with writing(manifest, overwrite=True) as temporary:
        temporary.write_text("".join(map(_line, pictures.values())), encoding="utf-8")


def _line(drawn: Drawn) -> str:
    return json.dumps(asdict(drawn), ensure_ascii=False) + "\n"
