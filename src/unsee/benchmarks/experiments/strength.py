"""Sec. 5.5: what a larger eta removes of the explicit concept, and what it costs ten classes.

run   a workbench -> Outcome
"""

import itertools
from collections.abc import Sequence

from unsee.benchmarks import counting
from unsee.benchmarks.outcome import Claim, Outcome, Panel, Point, labelled, per_cent, point
from unsee.benchmarks.systems import System
from unsee.benchmarks.workbench import Workbench
from unsee.benchmarks.worlds.asked import Asked
from unsee.benchmarks.worlds.evaluators import Pictures
from unsee.metrics.rates import Rate
from unsee.prompts import PromptSet

PUBLISHED = {1.0: ("83", "7"), 3.0: ("88", "14"), 10.0: ("92", "34")}
"""Reduction and loss of accuracy, per cent, as reported by Gandikota et al. 2023."""

SHOWN = 8


def run(
    bench: Workbench,
    asked: Asked,
    method: str,
    etas: Sequence[float],
    explicit: PromptSet,
    seeds: Sequence[int],
) -> Outcome:
    """Erase the explicit concept by `method` with each eta; `seeds` pictures of every class."""
    etas = sorted(set(etas))
    systems = [
        System.named("unedited"),
        *(System(f"{method}-{eta:g}", method, eta) for eta in etas),
    ]
    bench.expect(systems, "explicit", "objects", concepts=1)
    bench.subject.require(list(asked.classes.values()))
    classes = asked.of_classes(list(asked.classes.values()), seeds)
    found, right = [], []
    not_named: dict[str, Pictures] = {}
    of_classes: dict[str, Pictures] = {}
    for system in systems:
        pictures = bench.draw(system, asked.explicit, explicit)
        found.append(counting.explicit(bench.subject, pictures))
        not_named[system.name] = pictures[:SHOWN]
        pictures = bench.draw(system, asked.explicit, classes)
        right.append(counting.content(bench.subject, pictures, classes))
        of_classes[system.name] = pictures[:: len(seeds)]
    reduction = [_reduction(rate, found[0])[0] for rate in found]
    loss = [_loss(rate, right[0])[0] for rate in right]
    rows, numbers = [], []
    for place, system in enumerate(systems):
        paper = PUBLISHED.get(system.eta, ("", "")) if place else ("", "")
        rows.append(
            [
                system.name,
                per_cent(found[place]),
                f"{reduction[place]:.1f}",
                paper[0],
                per_cent(right[place]),
                f"{loss[place]:.1f}",
                paper[1],
            ]
        )
        numbers.append(
            {
                "system": system.name,
                "detected": [found[place].hits, found[place].trials],
                "recognised": [right[place].hits, right[place].trials],
            }
        )
    return Outcome(
        experiment="strength",
        title=f"What eta does to {asked.explicit!r}, erased by {method}",
        section="5.5",
        model=bench.model.name,
        settings={
            "method": method, "etas": list(etas), "concept": asked.explicit,
            "explicit prompts": len(explicit), "seeds of classes": list(seeds),
            "seconds": dict(bench.seconds),
        },
        facts=bench.subject.facts,
        header=["system", "pictures with it, %", "reduction, %", "paper",
                "classes recognised, %", "loss, points", "paper"],
        rows=rows,
        numbers=numbers,
        panels=[
            Panel(
                "badge and classes still recognised, %"
                if asked.family == "emoji"
                else "detections and classes still recognised, %",
                [f"{eta:g}" for eta in etas],
                {
                    "pictures with it": [point(rate, 100) for rate in found[1:]],
                    "classes recognised": [point(rate, 100) for rate in right[1:]],
                },
                lines=True,
                along="η",
            ),
            Panel(
                "what eta removes and what it costs",
                [f"{eta:g}" for eta in etas],
                {
                    "reduction, %": [_reduction(rate, found[0]) for rate in found[1:]],
                    "loss, points": [_loss(rate, right[0]) for rate in right[1:]],
                    **(_published(etas) if set(etas) <= set(PUBLISHED) else {}),
                },
                lines=True,
                along="η",
            ),
        ],
        claims=[
            Claim(
                f"the {what} rises with eta",
                all(low < high for low, high in itertools.pairwise(values)),
                shown,
            )
            for what, values, shown in (
                ("reduction", reduction[1:], ", ".join(f"{one:.1f} %" for one in reduction[1:])),
                ("loss of accuracy", loss[1:], ", ".join(f"{one:.1f}" for one in loss[1:])),
            )
            if len(etas) > 1
        ],
        sheets={
            f"Pictures whose prompts do not name {asked.explicit!r}": labelled(
                not_named, explicit.prompts[:SHOWN]
            ),
            "What is drawn of each class": labelled(of_classes, list(asked.classes.values())),
        },
    )  # fmt: skip


def _reduction(left: Rate, before: Rate) -> Point:
    """Per cent, with the widest interval that those of both rates allow."""
    (low, high), (low_before, high_before) = left.interval, before.interval
    worst, value, best = (
        100 * (1 - part / max(whole, 1e-9))
        for part, whole in ((high, low_before), (left.value, before.value), (low, high_before))
    )
    return value, worst, best


def _loss(left: Rate, before: Rate) -> Point:
    """Points of accuracy, with the widest interval that those of both rates allow."""
    (low, high), (low_before, high_before) = left.interval, before.interval
    return (
        100 * (before.value - left.value),
        100 * (low_before - high),
        100 * (high_before - low),
    )


def _published(etas: Sequence[float]) -> dict[str, list[Point]]:
    """The paper's two curves; it gives no intervals."""
    curves = [[float(PUBLISHED[eta][place]) for eta in etas] for place in range(2)]
    names = ("reduction, the paper", "loss, the paper")
    return {
        name: [(one, one, one) for one in curve] for name, curve in zip(names, curves, strict=True)
    }
