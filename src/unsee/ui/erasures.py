"""An erasure as the form asks for it, and its work on the device.

Request   what was asked for, checked before it is queued
number    a setting, and the text of its field that may be left empty -> a number
whole     what a field for whole numbers holds -> that number
erasure   a request -> the work of a job

While it trains, the same prompts and seed are drawn again and again with the student as it is.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from PIL import Image

from unsee.concepts import Concept
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import EraseStep, erase
from unsee.erasing.methods.registry import check_given, configured
from unsee.erasing.settings import settings_of
from unsee.errors import OptionError
from unsee.loading import Model
from unsee.pictures.sheet import Column
from unsee.prompts import PromptSet
from unsee.sampling.draw import draw
from unsee.ui.job import Report, Work
from unsee.ui.library import Library
from unsee.ui.sheets import Sheet

MOST_PROMPTS = 8
"""Rows of the sheet: each is drawn many times."""
MOST_PRESERVED = 32
MOST_LETTERS = 1000
"""Of a prompt: far more than any model reads."""
MOST_DIGITS = 40
EXACT = 2**53
"""Browsers know whole numbers up to here."""


@dataclass(frozen=True)
class Request:
    """An erasure that was asked for; a model that cannot be is not noticed before it is loaded."""

    model: str
    concept: Concept
    recipe: str | None
    """None for the model's own."""
    settings: Mapping[str, Any]
    """Settings of the method that win over the recipe; None leaves them to it."""
    watched: PromptSet
    """The rows of the sheet."""
    every: int
    """Steps between two drawings of it."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """What its state is kept under."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, before it waits in a queue to be found out."""
        preserved = self.settings.get("preserve") or ()
        for prompt in (self.concept.phrase, *self.watched.prompts, *preserved):
            check_prompt(prompt)
        if len(preserved) > MOST_PRESERVED:
            raise OptionError(
                f"{len(preserved)} prompts to preserve are too many; give {MOST_PRESERVED} at most"
            )
        check_given(self.recipe, self.settings)
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

    def to_record(self) -> dict[str, Any]:
        """Write it down as JSON takes it."""
        return {
            "id": self.id,
            "model": self.model,
            "phrase": self.concept.phrase,
            "recipe": self.recipe,
            "settings": dict(self.settings),
            "watched": self.watched.prompts,
            "sheet_seed": self.watched.seeds[0],
            "every": self.every,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read what `to_record` wrote.

        Raises:
            OptionError: it is not that.
            UnseeError: what was asked for cannot be any more.
        """
        form = dict(record)
        try:
            id, model, phrase = form.pop("id"), form.pop("model"), form.pop("phrase")
            return replace(cls.of_form(model, phrase, **form), id=id)
        except (KeyError, TypeError, AttributeError) as error:
            raise OptionError(f"this is no erasure that was asked for ({error})") from error

    @property
    def title(self) -> str:
        """What the job is called."""
        return f"{self.concept.phrase!r} from {Path(self.model).name or self.model}"


def number(name: str, text: str) -> float | None:
    """Read a setting's field that may be left empty: None leaves it to the recipe."""
    if not text.strip():
        return None
    one = settings_of(EraseConfig)[name]
    try:
        if len(text) > MOST_DIGITS:
            raise ValueError
        value: float = one.kind(text)
    except ValueError:
        # The setting says in its own words that a text is no number.
        one.checked(text.strip()[:MOST_DIGITS])
        raise
    return value


def whole(name: str, value: float | None) -> int:
    """Take what a field for whole numbers holds: nothing is rounded without a word."""
    if value is None:
        raise OptionError(f"the {name} is empty; give a whole number")
    if not (abs(value) <= EXACT and value == int(value)):
        raise OptionError(f"the {name} must be a whole number up to 2**53, not {value:g}")
    return int(value)


def check_prompt(prompt: str) -> None:
    """Raise an OptionError for a prompt that is too long: the page's own limits bind nobody."""
    if len(prompt) > MOST_LETTERS:
        raise OptionError(
            f"a prompt of {len(prompt)} letters is too long; {MOST_LETTERS} are the most: "
            f"'{prompt[:40]}...'"
        )


def check_steps(steps: int | None, most: int | None) -> None:
    """Raise an OptionError for more steps than one erasure may take here; None is none."""
    if most is not None and steps is not None and steps > most:
        raise OptionError(f"{steps} steps are too many here; {most} are the most")


def erasure(
    request: Request,
    load: Callable[[str], Model],
    library: Library,
    most_steps: int | None = None,
) -> Work:
    """Make the work of a job: erase, show how it goes, keep the file; going on where it stopped."""
    state = library.unfinished.state_of(request.id)

    def work(report: Report) -> Path:
        report.say("loading the model")
        model = load(request.model)
        config = configured(request.recipe, model.defaults.recipe, request.settings)
        check_steps(getattr(config, "steps", None), most_steps)
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
        report.say("drawing with the concept erased")
        with erased.applied(model):
            after = Column("erased", _draw(model, request.watched))
        report.show(_sheet(request.watched, before, after))
        path = library.keep(erased)
        library.unfinished.forget(request.id)
        return path

    return work


def _draw(model: Model, rows: PromptSet) -> list[Image.Image]:
    return draw(model, rows.prompts, rows.seeds)


def _sheet(rows: PromptSet, *columns: Column) -> Sheet:
    return Sheet(rows.prompts, columns)
