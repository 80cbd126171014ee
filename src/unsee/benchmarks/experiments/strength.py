"""Sec. 5.5: what a larger eta removes of the explicit concept, and what it costs ten classes.

StrengthOptions   what it takes
plan              prompts that do not name the concept, and the ten classes, at every eta
read              what is still detected, and what still recognised
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unsee.benchmarks import counting
from unsee.benchmarks.experiment import Experiment
from unsee.benchmarks.items import Draw, Item
from unsee.benchmarks.options import Classified, Optional
from unsee.benchmarks.outcome import Claim, Outcome, Panel, Point, labelled, per_cent, point
from unsee.benchmarks.systems import UNEDITED, System
from unsee.errors import OptionError, option
from unsee.metrics.rates import Rate

if TYPE_CHECKING:
    from unsee.benchmarks.runner import Results
    from unsee.benchmarks.worlds.world import World

PUBLISHED = {1.0: ("83", "7"), 3.0: ("88", "14"), 10.0: ("92", "34")}
"""Reduction and loss of accuracy, per cent, as reported by Gandikota et al. 2023."""

SHOWN = 8


@dataclass(frozen=True)
class StrengthOptions(Classified):
    """What `unsee bench strength` takes."""

    method: str = "esd-u"
    """What erases."""
    etas: tuple[float, ...] = (1.0, 3.0, 10.0)
    """Strengths to compare."""
    prompts: Optional[Path] = None
    """I2P, a CSV file or the hub id of the dataset, for models other than emoji."""
    count: int = 480
    """On emoji: prompts that show the concept without naming it."""
    seeds: int = 50
    """Pictures of each of the ten classes; the paper has 1000."""

    def sizes(self) -> Mapping[str, Any]:
        """With --quick."""
        return {"count": 16, "seeds": 2}

    def check(self) -> None:
        """Refuse no strength at all."""
        if not self.etas:
            raise OptionError(
                f"{option('etas')} takes the strengths to compare, such as {option('etas')} 1 3 10"
            )
        super().check()


@dataclass(frozen=True)
class Pair:
    """What one system draws."""

    system: System
    explicit: Draw
    """The prompts that bring the concept without naming it."""
    classes: Draw


def pairs(world: "World", options: StrengthOptions) -> list[Pair]:
    """Both prompt sets by the unedited model, and with the concept erased at each eta."""
    unnamed, classes = world.unnamed(options.count), world.of_classes(range(options.seeds))
    method, concept = options.method, [world.explicit]
    systems = [
        System.named(UNEDITED),
        *(System(f"{method}-{eta:g}", method, eta) for eta in sorted(set(options.etas))),
    ]
    return [
        Pair(
            system,
            system.draw(world, options.terms, concept, unnamed),
            system.draw(world, options.terms, concept, classes),
        )
        for system in systems
    ]


def plan(world: "World", options: StrengthOptions) -> list[Item]:
    """All pictures; the unedited model's first."""
    return [draw for pair in pairs(world, options) for draw in (pair.explicit, pair.classes)]


def prepare(world: "World", options: StrengthOptions) -> None:
    """A detector, and someone who recognises every class."""
    world.evaluators.prepare("explicit", "objects")
    world.evaluators.require(list(world.classes.values()))


@dataclass(frozen=True)
class Finding:
    """What one system leaves."""

    system: System
    detected: Rate
    """Pictures with the concept, of prompts that do not name it."""
    recognised: Rate
    """Pictures of the ten classes."""

    def reduction(self, before: "Finding") -> Point:
        """Per cent, with the widest interval that those of both rates allow."""
        left, whole = self.detected, before.detected
        (low, high), (low_before, high_before) = left.interval, whole.interval
        worst, value, best = (
            100 * (1 - part / max(of, 1e-9))
            for part, of in ((high, low_before), (left.value, whole.value), (low, high_before))
        )
        return value, worst, best

    def loss(self, before: "Finding") -> Point:
        """Points of accuracy, with the widest interval that those of both rates allow."""
        left, whole = self.recognised, before.recognised
        (low, high), (low_before, high_before) = left.interval, whole.interval
        return (
            100 * (whole.value - left.value),
            100 * (low_before - high),
            100 * (high_before - low),
        )


def read(world: "World", options: StrengthOptions, results: "Results") -> Outcome:
    """Count what is still detected and recognised."""
    evaluators = world.evaluators
    drawn = pairs(world, options)
    findings = [
        Finding(
            pair.system,
            counting.explicit(evaluators, results[pair.explicit]),
            counting.content(evaluators, results[pair.classes], pair.classes.prompts),
        )
        for pair in drawn
    ]
    before, erased = findings[0], findings[1:]
    etas = [one.system.eta for one in erased]
    reductions = [one.reduction(before) for one in erased]
    losses = [one.loss(before) for one in erased]
    unnamed = drawn[0].explicit.prompts
    return Outcome(
        experiment=EXPERIMENT.name,
        title=f"What eta does to {world.explicit!r}, erased by {options.method}",
        section=EXPERIMENT.section,
        model=world.model_name,
        settings={
            "method": options.method, "etas": etas, "concept": world.explicit,
            "explicit prompts": len(unnamed), "seeds of classes": list(range(options.seeds)),
        },
        facts=dict(evaluators.facts),
        header=["system", "pictures with it, %", "reduction, %", "paper",
                "classes recognised, %", "loss, points", "paper"],
        rows=[_row(one, before) for one in findings],
        numbers=[
            {
                "system": one.system.name,
                "detected": [one.detected.hits, one.detected.trials],
                "recognised": [one.recognised.hits, one.recognised.trials],
            }
            for one in findings
        ],
        panels=[
            Panel(
                f"{world.detection} and classes still recognised, %",
                [f"{eta:g}" for eta in etas],
                {
                    "pictures with it": [point(one.detected, 100) for one in erased],
                    "classes recognised": [point(one.recognised, 100) for one in erased],
                },
                lines=True,
                along="η",
            ),
            Panel(
                "what eta removes and what it costs",
                [f"{eta:g}" for eta in etas],
                {
                    "reduction, %": reductions,
                    "loss, points": losses,
                    **(_published(etas) if set(etas) <= set(PUBLISHED) else {}),
                },
                lines=True,
                along="η",
            ),
        ],
        claims=[
            Claim(
                f"the {what} rises with eta",
                all(low[0] < high[0] for low, high in itertools.pairwise(points)),
                ", ".join(f"{one[0]:.1f}{unit}" for one in points),
            )
            for what, points, unit in (
                ("reduction", reductions, " %"),
                ("loss of accuracy", losses, ""),
            )
            if len(etas) > 1
        ],
        sheets={
            f"Pictures whose prompts do not name {world.explicit!r}": labelled(
                {pair.system.name: results[pair.explicit][:SHOWN] for pair in drawn},
                unnamed.prompts[:SHOWN],
            ),
            "What is drawn of each class": labelled(
                {pair.system.name: results[pair.classes][:: options.seeds] for pair in drawn},
                list(world.classes.values()),
            ),
        },
    )  # fmt: skip


def _row(finding: Finding, before: Finding) -> list[str]:
    paper = ("", "") if finding is before else PUBLISHED.get(finding.system.eta, ("", ""))
    return [
        finding.system.name,
        per_cent(finding.detected),
        f"{finding.reduction(before)[0]:.1f}",
        paper[0],
        per_cent(finding.recognised),
        f"{finding.loss(before)[0]:.1f}",
        paper[1],
    ]


def _published(etas: Sequence[float]) -> dict[str, list[Point]]:
    """The paper's two curves; it gives no intervals."""
    curves = [[float(PUBLISHED[eta][place]) for eta in etas] for place in range(2)]
    names = ("reduction, the paper", "loss, the paper")
    return {
        name: [(one, one, one) for one in curve] for name, curve in zip(names, curves, strict=True)
    }


EXPERIMENT = Experiment(
    "strength",
    "Erase the explicit concept with eta 1, 3 and 10: what goes, and what it costs (Sec. 5.5).",
    "5.5",
    StrengthOptions,
    plan,
    read,
    prepare,
)
