"""The same prompts and seeds drawn by the original model and by erased ones.

compare      model x erased weights x prompt set -> Comparison
Comparison   the pictures; `sheet` lays them out, `save` writes the sheet
heading      what a column of the sheet is called
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from unsee.denoisers.base import Denoiser
from unsee.pictures.sheet import Column, sheet
from unsee.prompts import DRAWN_AT_ONCE, PromptSet
from unsee.running.files import writing
from unsee.running.progress import Progress, Watch
from unsee.sampling.draw import draw
from unsee.weights.erased import ErasedWeights

ORIGINAL = "original"


@dataclass(frozen=True)
class Comparison:
    """Pictures of the same prompts and seeds by several models."""

    prompt_set: PromptSet
    """The rows."""
    columns: tuple[Column, ...]
    """The original model's pictures first."""

    def sheet(self) -> Image.Image:
        """Lay the pictures out: a row per prompt and seed, a column per model."""
        labels = [f"{row.prompt or '(no prompt)'}\nseed {row.seed}" for row in self.prompt_set]
        return sheet(self.columns, labels)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the sheet as a PNG file."""
        with writing(Path(path), overwrite=overwrite) as temporary:
            self.sheet().save(temporary, format="PNG")


def compare(
    model: Denoiser,
    erased: Sequence[tuple[str, ErasedWeights]],
    prompt_set: PromptSet,
    *,
    steps: int | None = None,
    guidance: float | None = None,
    batch_size: int = DRAWN_AT_ONCE,
    progress: Watch | None = None,
) -> Comparison:
    """Draw every row with the original model and with each of the headed erased weights."""
    total = len(prompt_set) * (len(erased) + 1)
    columns: list[Column] = []
    for name, weights in [(ORIGINAL, None), *erased]:
        before = len(columns) * len(prompt_set)

        def report(now: Progress, before: int = before) -> None:
            if progress is not None:
                progress(now.within(before, len(prompt_set), total))

        with nullcontext() if weights is None else weights.applied(model):
            pictures = draw(
                model,
                prompt_set.prompts,
                prompt_set.seeds,
                steps=steps,
                guidance=guidance,
                batch_size=batch_size,
                progress=report,
            )
        columns.append(Column(name, tuple(pictures)))
    return Comparison(prompt_set, tuple(columns))


def heading(name: str, erased: ErasedWeights) -> str:
    """Say in a few words what a column shows."""
    about = erased.provenance
    return f"{name}\n{about.title} erased, {about.summary}"
