"""Experiments, small, on whatever model.

Bench     a model, its world and a folder of what was made
QUICK     a recipe of one step
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from unsee.benchmarks.cache import Cache
from unsee.benchmarks.experiment import Experiment, conduct
from unsee.benchmarks.experiments import EXPERIMENTS
from unsee.benchmarks.outcome import Outcome
from unsee.benchmarks.plan import Plan
from unsee.benchmarks.worlds.world import World
from unsee.denoisers.base import Denoiser
from unsee.running.progress import Watch

QUICK = """
source = "original"
sampler = "model"
steps = 1
sampler_steps = 2
"""


@dataclass(frozen=True)
class Bench:
    """A model, its world and a folder of what was made."""

    model: Denoiser
    world: World
    cache: Cache
    models: dict[str, Denoiser] = field(default_factory=dict)
    """Others, by fingerprint."""

    def conduct(
        self, name: str, world: World | None = None, watch: Watch | None = None, **options: Any
    ) -> Outcome:
        """Conduct an experiment with these options."""
        experiment: Experiment[Any] = EXPERIMENTS.get(name)
        chosen = experiment.options(**options)
        chosen.check()
        models = {self.model.fingerprint: self.model, **self.models}
        return conduct(experiment, world or self.world, chosen, models, self.cache, watch)

    def plan(self, name: str, world: World | None = None, **options: Any) -> Plan:
        """All that such an experiment needs."""
        experiment: Experiment[Any] = EXPERIMENTS.get(name)
        return Plan(experiment.plan(world or self.world, experiment.options(**options).sized()))

    def elsewhere(self, folder: Path) -> "Bench":
        """The same with nothing made yet."""
        return replace(self, cache=Cache(folder))


def quick(world: World, folder: Path) -> World:
    """The same world with a recipe of one step."""
    recipe = folder / "quick.toml"
    recipe.write_text(QUICK)
    return replace(world, recipe=str(recipe))
