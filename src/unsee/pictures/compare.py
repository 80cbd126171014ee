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
    erased: ErasedWeights | Sequence[ErasedWeights | tuple[str, ErasedWeights]],
    prompts: str | Sequence[str] | PromptSet,
    seeds: int | Sequence[int] = 0,
    *,
    steps: int | None = None,
    guidance: float | None = None,
    batch_size: int = DRAWN_AT_ONCE,
    progress: Watch | None = None,
) -> Comparison:
    """Draw every prompt at every seed, with the original model and with each of the erased weights.

    compare(model, erased, ["a cat", "a dog"], [0, 1]).save("sheet.png")

    Weights may come with a heading of their own; a PromptSet has its own seeds.
    """
    rows = prompts if isinstance(prompts, PromptSet) else _crossed(prompts, seeds)
    several = [erased] if isinstance(erased, ErasedWeights) else list(erased)
    headed = [
        (heading("", one).strip(), one) if isinstance(one, ErasedWeights) else one
        for one in several
    ]
    total = len(rows) * (len(headed) + 1)
    columns: list[Column] = []
    for name, weights in [(ORIGINAL, None), *headed]:
        before = len(columns) * len(rows)

        def report(now: Progress, before: int = before) -> None:
            if progress is not None:
                progress(now.within(before, len(rows), total))

        with nullcontext() if weights is None else weights.applied(model):
            pictures = draw(
                model,
                rows.prompts,
                rows.seeds,
                steps=steps,
                guidance=guidance,
                batch_size=batch_size,
                progress=report,
            )
        columns.append(Column(name, tuple(pictures)))
    return Comparison(rows, tuple(columns))


def _crossed(prompts: str | Sequence[str], seeds: int | Sequence[int]) -> PromptSet:
    return PromptSet.cross(
        [prompts] if isinstance(prompts, str) else prompts,
        [seeds] if isinstance(seeds, int) else seeds,
    )


def heading(name: str, erased: ErasedWeights) -> str:
    """Say in a few words what a column shows."""
    about = erased.provenance
    return f"{name}\n{about.title} erased, {about.summary}"
