"""An erasure as the form asks for it, and its work on the device.

Request   what was asked for, checked before it is queued
number    the text of a field that may be left empty -> a number
erasure   a request -> the work of a job

While it trains, the same prompts and seed are drawn again and again with the student as it is.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from PIL import Image

from unsee.concepts import Concept
from unsee.config import EraseConfig
from unsee.erase import EraseStep, erase
from unsee.errors import OptionError
from unsee.loading import Model
from unsee.prompts import PromptSet
from unsee.sampling import generate
from unsee.sheet import Column
from unsee.ui.jobs import Report, Work
from unsee.ui.library import Library
from unsee.ui.sheets import Sheet

T = TypeVar("T", int, float)

MOST_PROMPTS = 8
"""Rows of the sheet: each is drawn many times."""


@dataclass(frozen=True)
class Request:
    """An erasure that was asked for; a model that cannot be is not noticed before it is loaded."""

    model: str
    concept: Concept
    recipe: str | None
    """None for the model's own."""
    settings: Mapping[str, Any]
    """Fields of EraseConfig that win over the recipe; None leaves them to it."""
    watched: PromptSet
    """The rows of the sheet."""
    every: int
    """Steps between two drawings of it."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """What its state is kept under."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, before it waits in a queue to be found out."""
        EraseConfig.from_recipe(self.recipe or "fast", **self.settings)
        if len(self.watched) > MOST_PROMPTS:
            raise OptionError(
                f"{len(self.watched)} prompts to watch are too many; give {MOST_PROMPTS} at most"
            )
        if self.every < 1:
            raise OptionError(f"a sheet every {self.every} steps cannot be; give 1 or more")

    @classmethod
    def of_form(
        cls,
        model: str,
        phrase: str,
        *,
        recipe: str | None,
        settings: Mapping[str, Any],
        watched: Sequence[str],
        sheet_seed: int,
        every: int,
    ) -> Self:
        """Take what stands in the fields; without a prompt to watch, the phrase itself."""
        concept = Concept(phrase.strip())
        rows = PromptSet.cross(list(watched) or [concept.phrase], [sheet_seed])
        return cls(model, concept, recipe, settings, rows, every)

    @property
    def title(self) -> str:
        """What the job is called."""
        return f"{self.concept.phrase!r} from {Path(self.model).name or self.model}"


def number(name: str, text: str, kind: type[T]) -> T | None:
    """Read a field that may be left empty: None leaves the setting to the recipe."""
    if not text.strip():
        return None
    try:
        return kind(text)
    except ValueError:
        what = "a number" if kind is float else "a whole number"
        raise OptionError(f"{name} must be {what}, not {text.strip()!r}") from None


def erasure(request: Request, load: Callable[[str], Model], library: Library) -> Work:
    """Make the work of a job: erase, show how it goes, keep the file; going on where it stopped."""
    state = library.state_of(request.id)

    def work(report: Report) -> Path:
        report.say("loading the model")
        model = load(request.model)
        config = EraseConfig.from_recipe(
            request.recipe or model.defaults.recipe, **request.settings
        )
        report.say("drawing the original")
        before = Column("original", _draw(model, request.watched))
        report.show(_sheet(request.watched, before))
        report.say("sampling latents")

        def progress(done: EraseStep) -> None:
            if done.step % request.every == 0 and done.step < done.steps:
                with done.student():
                    now = _draw(model, request.watched)
                heading = f"after step {done.step} of {done.steps}"
                report.show(_sheet(request.watched, before, Column(heading, now)))
            report.step(done.step, done.steps, done.loss)

        erased = erase(model, request.concept, config, progress=progress, checkpoint=state)
        with erased.applied(model):
            after = Column("erased", _draw(model, request.watched))
        report.show(_sheet(request.watched, before, after))
        path = library.keep(erased)
        state.unlink(missing_ok=True)
        return path

    return work


def _draw(model: Model, rows: PromptSet) -> list[Image.Image]:
    return generate(model, rows.prompts, rows.seeds)


def _sheet(rows: PromptSet, *columns: Column) -> Sheet:
    return Sheet(rows.prompts, columns)
