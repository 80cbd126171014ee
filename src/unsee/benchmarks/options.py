"""What experiments take on the command line; each has its own dataclass that adds to one of these.

Run         which model, where things lie, where it computes
Common      and how large the experiment is, and how concepts are erased
Classified  and what those take that ask a classifier
files_of    what an experiment was given of the files and evaluators that some worlds take
given       the options that decide a result, for its record
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from tyro.conf import arg

from unsee.benchmarks.systems import Terms
from unsee.benchmarks.worlds.evaluators import EVALUATORS
from unsee.erasing.options import recipes_own
from unsee.errors import OptionError, option, unknown_name
from unsee.prompts import DRAWN_AT_ONCE

T = TypeVar("T")

Optional = Annotated[T | None, arg(help_behavior_hint="(optional)")]

OUTSIDE = ("prompts", "general", "real", "classifier", "clip")
"""Options for worlds that have no prompts, pictures or evaluators of their own."""
QUICK_STEPS = 60
"""Steps of an erasure with --quick."""


@dataclass(frozen=True)
class Run:
    """What every experiment takes."""

    model: str = "emoji"
    """emoji, a folder in the diffusers format, a .safetensors file, or a hub id."""
    out: Optional[Path] = None
    """The folder of the result; without it, benchmarks/results and the experiment's name."""
    work: Path = Path("out/bench")
    """The folder of erasures and pictures: what is there is not made again. Safe to delete."""
    batch_size: int = DRAWN_AT_ONCE
    """Pictures drawn at once; lower it where memory is short."""
    device: Optional[str] = None
    """Where to compute; without it, the GPU where there is one."""

    def check(self) -> None:
        """Refuse what makes no experiment, before anything is loaded."""
        _at_least_one("batch_size", self.batch_size)

    def sized(self) -> Self:
        """The same, as large as it is meant to be."""
        return self


@dataclass(frozen=True)
class Common(Run):
    """What the experiments of the paper take."""

    quick: bool = False
    """A few pictures and short erasures, to see that all works: its numbers mean little."""
    seed: int = 0
    """Seed of the erasures."""
    steps: Annotated[int | None, recipes_own("steps")] = None
    lr: Annotated[float | None, recipes_own("lr")] = None
    batch: Annotated[int | None, recipes_own("batch")] = None
    evaluator: Optional[str] = None
    """Who looks at the pictures: `unsee list evaluators` has the names; without it, whoever knows
    the model's world."""

    def sizes(self) -> Mapping[str, Any]:
        """Options that say how large the experiment is, and what --quick takes in their place."""
        return {}

    def check(self) -> None:
        """Refuse numbers that make no experiment, and evaluators that nobody has."""
        super().check()
        if self.evaluator is not None and self.evaluator not in EVALUATORS:
            raise unknown_name("evaluator", self.evaluator, EVALUATORS)
        defaults = {field.name: field.default for field in fields(self)}
        for name in self.sizes():
            value = getattr(self, name)
            if isinstance(value, int):
                _at_least_one(name, value)
            if self.quick and value != defaults[name]:
                raise OptionError(
                    f"{option('quick')} has a {option(name)} of its own; leave out one of both"
                )

    def sized(self) -> Self:
        """The same, as large as it is meant to be."""
        return replace(self, **self.sizes()) if self.quick else self

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the erasures that are not left to the recipe."""
        chosen = {"steps": self.steps, "lr": self.lr, "batch": self.batch}
        return {name: value for name, value in chosen.items() if value is not None}

    @property
    def terms(self) -> Terms:
        """What the erasures and drawings have in common."""
        steps = QUICK_STEPS if self.quick else None
        return Terms(self.seed, self.settings, self.batch_size, steps)


@dataclass(frozen=True)
class Classified(Common):
    """What the experiments take that ask a classifier."""

    classifier: Optional[str] = None
    """Hub id or folder of an image classifier, for models other than emoji; without it, a
    ResNet-50 of ImageNet."""


def files_of(options: Run) -> dict[str, Any]:
    """Files and evaluators that were given, by the option's name."""
    found = {name: getattr(options, name, None) for name in OUTSIDE}
    # The prompts of some experiments are a number.
    return {name: one for name, one in found.items() if isinstance(one, (str, Path))}


def given(options: Run) -> dict[str, Any]:
    """The options that decide the result; of files only their names."""
    record: dict[str, Any] = {}
    for field in fields(options):
        value = getattr(options, field.name)
        if value is not None and field.name not in ("out", "work"):
            if isinstance(value, (Path, str)) and Path(value).exists():
                value = Path(value).name
            record[field.name] = [str(one) for one in value] if isinstance(value, tuple) else value
    return record


def _at_least_one(name: str, value: int) -> None:
    if value < 1:
        raise OptionError(f"{option(name)} must be at least 1, not {value}")
