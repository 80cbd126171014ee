"""The models in memory, and what visitors have the device do with them.

Studio   the library, the jobs, the models; erase, draw a pair, export
Pair     the same prompt and seed, drawn by the original and the erased model
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from unsee import export as formats
from unsee.errors import OptionError, unknown_name
from unsee.files import writing
from unsee.loading import Model, check_name, load
from unsee.sampling import generate
from unsee.sheet import magnify
from unsee.ui.erasures import Request, erasure
from unsee.ui.jobs import Jobs
from unsee.ui.library import SUFFIX, Library
from unsee.weights import ErasedWeights

LOADED = 2
"""Models that stay in memory: the one that is erased from, and one to draw with."""


@dataclass(frozen=True)
class Pair:
    """The same prompt and seed, drawn by the original and the erased model."""

    original: Image.Image
    erased: Image.Image


class Studio:
    """What the page has the device do."""

    def __init__(
        self, folder: Path, models: Sequence[str], *, fixed: bool = False, device: str | None = None
    ) -> None:
        """Offer `models`; where they are `fixed`, visitors can name no other."""
        if not models:
            raise OptionError("there is no model to offer; name one with --models")
        for name in models:
            check_name(name)
        self.library = Library(folder)
        self.models = tuple(models)
        self.fixed = fixed
        self.jobs = Jobs()
        self._device = device
        self._loaded: dict[str, Model] = {}

    def submit(self, owner: str, request: Request) -> str:
        """Queue an erasure; returns the id of its job."""
        self.check_model(request.model)
        state = self.library.state_of(request.id)
        return self.jobs.submit(
            owner,
            request.title,
            erasure(request, self._load, self.library),
            discard=lambda: state.unlink(missing_ok=True),
        )

    def check_model(self, name: str) -> None:
        """Raise an UnknownName for a model that visitors must not name, or that cannot be one."""
        if not name.strip():
            raise OptionError("the model is empty; name one, for instance emoji")
        if name not in self.models:
            if self.fixed:
                raise unknown_name("model", name, self.models)
            check_name(name)

    def draw(self, file: str, prompt: str, seed: int) -> Pair:
        """Draw a prompt with the original model and with the erased one, from the same seed."""
        if not 0 <= seed < 2**63:
            raise OptionError(f"the seed must be between 0 and 2**63 - 1, not {seed}")
        erased = ErasedWeights.load(self.library.find(file))

        def errand() -> Pair:
            model = self._base(erased)
            (original,) = generate(model, [prompt], [seed])
            with erased.applied(model):
                (after,) = generate(model, [prompt], [seed])
            return Pair(magnify(original), magnify(after))

        return self.jobs.errand(errand)

    def export(self, file: str, kind: str) -> Path:
        """Write an erased file in another format; a folder as a zip archive of it."""
        if kind not in formats.FORMATS:
            raise unknown_name("format", kind, formats.FORMATS)
        path = self.library.find(file)
        erased = ErasedWeights.load(path)
        name = f"{path.stem}-{kind}"
        made = self.library.exports / (name if kind == "diffusers" else f"{name}{SUFFIX}")
        write = {
            "diffusers": formats.to_diffusers,
            "checkpoint": formats.to_checkpoint,
            "lora": formats.to_lora,
            "lora-kohya": formats.to_lora_kohya,
        }[kind]

        def errand() -> Path:
            write(erased, self._base(erased), made, overwrite=True)
            return _zipped(made) if made.is_dir() else made

        return self.jobs.errand(errand)

    def close(self) -> None:
        """Stop what runs, after the step at hand."""
        self.jobs.close()
        self.library.close()

    def _load(self, name: str) -> Model:
        """Load a model, or take it from memory; on the device's thread alone."""
        model = self._loaded.pop(name, None)
        if model is None:
            while len(self._loaded) >= LOADED:
                del self._loaded[next(iter(self._loaded))]
            model = load(name, device=self._device)
        # The last one used is the last to go.
        self._loaded[name] = model
        return model

    def _base(self, erased: ErasedWeights) -> Model:
        """Load what a file was made from; of a folder it knows only the name."""
        base = erased.recipe.base
        known = (*self._loaded, *self.models)
        folders = [name for name in known if Path(name).exists()]
        for name in known:
            if name == base:
                return self._load(name)
        for name in folders:
            if Path(name).resolve().name == base:
                return self._load(name)
        if self.fixed:
            raise unknown_name("model", base, self.models)
        return self._load(base)


def _zipped(folder: Path) -> Path:
    """Put a folder into an archive beside it; its weights would not get smaller by compression."""
    path = folder.with_name(f"{folder.name}.zip")
    with writing(path, overwrite=True) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, Path(folder.name) / file.relative_to(folder))
    return path
