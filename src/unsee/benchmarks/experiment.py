"""What an experiment is, and how it is conducted.

Experiment   its options, the plan of what has to be made, the reading of what was made
conduct      plan, prepare, make, read; and the outcome's record of all of it

An experiment of another package comes in by an entry point of the group `unsee.experiments` that
names an Experiment.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from unsee.benchmarks.items import Item
from unsee.benchmarks.options import Run, given
from unsee.benchmarks.plan import Plan

if TYPE_CHECKING:
    from unsee.benchmarks.cache import Cache
    from unsee.benchmarks.outcome import Outcome
    from unsee.benchmarks.runner import Results
    from unsee.benchmarks.worlds.world import World
    from unsee.denoisers.base import Denoiser
    from unsee.running.progress import Watch

T = TypeVar("T", bound=Run)


def _nothing(world: Any, options: Any) -> None:
    pass


@dataclass(frozen=True)
class Experiment(Generic[T]):
    """A question about erasures that has an answer in numbers."""

    name: str
    help: str
    """What it does, in a line."""
    section: str
    """Of the paper; empty for what it does not have."""
    options: type[T]
    """A dataclass: the experiment's command takes its fields."""
    plan: "Callable[[World, T], list[Item]]"
    """All that has to be erased and drawn. It looks at no picture."""
    read: "Callable[[World, T, Results], Outcome]"
    """Look at what was made."""
    prepare: "Callable[[World, T], None]" = _nothing
    """Load who will be asked about the pictures; raise what would hinder the reading."""
    remaining: "Callable[[World, T], list[Item]] | None" = None
    """The part of the plan that is still to be made, where a result keeps what was read before."""


def conduct(
    experiment: Experiment[T],
    world: "World",
    options: T,
    models: "Mapping[str, Denoiser]",
    cache: "Cache",
    watch: "Watch | None" = None,
) -> "Outcome":
    """Plan, prepare, make, read; `models` are the world's, by fingerprint.

    Raises:
        UnseeError: of many kinds; what the user can mend is said before anything is made.
    """
    from unsee.benchmarks.ledger import LEDGER
    from unsee.benchmarks.runner import run

    sized = options.sized()
    plan = Plan(experiment.plan(world, sized))
    experiment.prepare(world, sized)
    rest = plan if experiment.remaining is None else Plan(experiment.remaining(world, sized))
    results = run(rest, models, cache, watch)
    outcome = experiment.read(world, sized, results)
    outcome.settings = {**record(world, options, models), **outcome.settings}
    # Readings that a result keeps tell of their own erasures.
    if experiment.remaining is None:
        outcome.settings[LEDGER] = [erasure.record() for erasure in results.ledger]
    outcome.prompts = plan.prompts
    return outcome


def record(world: "World", options: Run, models: "Mapping[str, Denoiser]") -> dict[str, Any]:
    """What an experiment worked with: for the result file."""
    from unsee.erasing.erase import versions

    model = models[world.fingerprint]
    chosen = getattr(options, "settings", {})
    return {
        **{name: getattr(options, name) for name in ("seed", "quick") if hasattr(options, name)},
        **chosen,
        "model fingerprint": world.fingerprint,
        "censored model": None if world.censored is None else world.censored.fingerprint,
        "recipe": world.recipe,
        "drawing": {**asdict(model.defaults), "device": str(model.device)},
        "versions": versions(),
        "options": given(options),
    }
