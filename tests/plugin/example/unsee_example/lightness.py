"""An experiment: how light pictures are when a concept is erased; and who says how light they are.

Lightness    the evaluator
EXPERIMENT   the experiment
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unsee.benchmarks.experiment import Experiment
from unsee.benchmarks.options import Common
from unsee.benchmarks.outcome import Outcome
from unsee.benchmarks.systems import UNEDITED, System
from unsee.prompts import PromptSet


class Lightness:
    """How light a picture is, from 0 to 255."""

    facts = {"lightness": "mean over all pixels"}  # noqa: RUF012
    measures = {}  # noqa: RUF012

    def __init__(self, networks=None):
        pass

    def features(self, pictures):
        """(n, 1): the lightness of each."""
        return np.stack([[np.asarray(picture).mean()] for picture in pictures])


@dataclass(frozen=True)
class LightnessOptions(Common):
    """What `unsee bench lightness` takes."""

    system: str = "shrink"
    """What erases."""
    evaluator: str = "lightness"
    """Who says how light pictures are."""
    seeds: int = 2
    """Pictures."""

    def sizes(self) -> Mapping[str, Any]:
        """With --quick."""
        return {"seeds": 1}


def draws(world, options):
    """By the unedited model, and by the other."""
    prompts = PromptSet.cross([world.landmark], range(options.seeds))
    systems = [System.named(name) for name in (UNEDITED, options.system)]
    return {one.name: one.draw(world, options.terms, ["cat"], prompts) for one in systems}


def read(world, options, results):
    """The mean of each."""
    means = {
        name: float(world.evaluators.features(results[draw]).mean())
        for name, draw in draws(world, options).items()
    }
    return Outcome(
        experiment="lightness",
        title="How light pictures are",
        section="",
        model=world.model_name,
        settings={},
        facts=dict(world.evaluators.facts),
        header=["system", "lightness"],
        rows=[[name, f"{mean:.1f}"] for name, mean in means.items()],
        numbers=[{"system": name, "lightness": mean} for name, mean in means.items()],
    )


EXPERIMENT = Experiment(
    name="lightness",
    help="Draw a landmark with and without an erasure: how light is it?",
    section="",
    options=LightnessOptions,
    plan=lambda world, options: list(draws(world, options).values()),
    read=read,
)
