"""Sec. 5.1, Fig. 5: five artists, each erased in turn; what is left of the style, and of others'.

run   a workbench -> Outcome

Where nobody can tell artists apart (Stable Diffusion), the perceptual distance to the unedited
model's picture of the same noise speaks alone: large for the erased artist, small for others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from unsee.benchmarks.counting import by_artist, content
from unsee.benchmarks.outcome import Claim, Outcome, Panel, labelled, number, per_cent, point
from unsee.benchmarks.systems import System
from unsee.benchmarks.workbench import Workbench
from unsee.benchmarks.worlds.asked import Asked
from unsee.benchmarks.worlds.evaluators import Pictures
from unsee.metrics.means import Mean
from unsee.metrics.rates import Rate

OTHERS_BAR = 10.0
"""Points of accuracy that other artists may lose."""
SHOWN = 3
"""Pictures of each artist on the sheet."""


@dataclass
class _Counts:
    """What a system did, over all artists."""

    style: Rate = field(default_factory=lambda: Rate(0, 0))
    content: Rate = field(default_factory=lambda: Rate(0, 0))
    distances: list[float] = field(default_factory=list)
    other_style: Rate = field(default_factory=lambda: Rate(0, 0))
    other_distances: list[float] = field(default_factory=list)


def run(
    bench: Workbench,
    asked: Asked,
    systems: Sequence[System],
    prompts: int,
    seeds: Sequence[int],
    other_seeds: Sequence[int],
) -> Outcome:
    """Erase each artist; draw `prompts` prompts of it at `seeds`, and of the others at fewer."""
    bench.expect(
        systems, "distance", *(["objects"] if asked.subjects else []), concepts=len(asked.artists)
    )
    lpips = bench.subject.calls["LPIPS"]
    unedited = System.named("unedited")
    own_sets = {name: asked.by_artist(name, prompts, seeds) for name in asked.artists}
    other_sets = {name: asked.by_artist(name, prompts, other_seeds) for name in asked.artists}
    counts = {system.name: _Counts() for system in (unedited, *systems)}
    columns: dict[str, list[Pictures]] = {name: [] for name in counts}
    labels: list[str] = []
    for erased in asked.artists:
        for system in (unedited, *systems):
            count = counts[system.name]
            for name in asked.artists:
                rows = (own_sets if name == erased else other_sets)[name]
                before = bench.draw(unedited, "", rows)
                after = bench.draw(system, asked.artist(erased), rows)
                gaps = bench.subject.distance(after, before).tolist()
                style = by_artist(bench.subject, after, name)
                if name == erased:
                    count.style += style
                    count.content += content(bench.subject, after, rows)
                    count.distances += gaps
                    # From the middle of each part: the first prompts are templates without content.
                    stride = max(len(rows) // SHOWN, 1)
                    picked = slice(stride // 2, None, stride)
                    columns[system.name].append(after[picked][:SHOWN])
                    if system is unedited:
                        labels += rows.prompts[picked][:SHOWN]
                else:
                    count.other_style += style
                    count.other_distances += gaps
    return Outcome(
        experiment="artists",
        title="Artists erased, one at a time",
        section="5.1, Fig. 5",
        model=bench.model.name,
        settings={
            "systems": list(counts),
            "artists": list(asked.artists),
            "prompts": prompts,
            "seeds": list(seeds),
            "seeds of other artists": list(other_seeds),
            "seconds": dict(bench.seconds),
        },
        facts=bench.subject.facts,
        header=["system", "erased artist recognised, %", "content kept, %", f"{lpips} to unedited",
                "other artists recognised, %", f"{lpips} to unedited"],
        rows=[_row(name, count) for name, count in counts.items()],
        numbers=[
            {
                "system": name,
                "style": [count.style.hits, count.style.trials],
                "content": [count.content.hits, count.content.trials],
                "distance": vars(Mean.of(count.distances)),
                "other style": [count.other_style.hits, count.other_style.trials],
                "other distance": vars(Mean.of(count.other_distances)),
            }
            for name, count in counts.items()
        ],
        panels=_panels(counts, lpips),
        claims=_claims(counts),
        sheets={
            "Pictures that ask for the erased artist": labelled(
                {name: np.concatenate(parts) for name, parts in columns.items()}, labels
            )
        },
    )  # fmt: skip


def _row(name: str, count: _Counts) -> list[str]:
    def shown(rate: Rate) -> str:
        return per_cent(rate) if rate.trials else ""

    return [
        name,
        shown(count.style),
        shown(count.content),
        number(Mean.of(count.distances)),
        shown(count.other_style),
        number(Mean.of(count.other_distances)),
    ]


def _panels(counts: dict[str, _Counts], lpips: str) -> list[Panel]:
    panels = [
        Panel(
            f"{lpips} to the unedited model's picture",
            list(counts),
            {
                "the erased artist": [point(Mean.of(one.distances)) for one in counts.values()],
                "other artists": [point(Mean.of(one.other_distances)) for one in counts.values()],
            },
        )
    ]
    if all(count.style.trials for count in counts.values()):
        panels.insert(
            0,
            Panel(
                "recognised, %",
                list(counts),
                {
                    "the erased artist": [point(one.style, 100) for one in counts.values()],
                    "content": [point(one.content, 100) for one in counts.values()],
                    "other artists": [point(one.other_style, 100) for one in counts.values()],
                },
            ),
        )
    return panels


def _claims(counts: dict[str, _Counts]) -> list[Claim]:
    claims: list[Claim] = []
    if not all(count.style.trials for count in counts.values()):
        return claims
    at_sampling = [name for name in counts if name.startswith("sld-") or name == "negative"]
    for name in (name for name in counts if name.startswith("esd-")):
        count = counts[name]
        if at_sampling:
            best = min(counts[other].style.value for other in at_sampling)
            claims.append(
                Claim(
                    f"{name} removes the style more than {', '.join(at_sampling)}",
                    count.style.value < best,
                    f"{count.style} left, against {100 * best:.1f} % at least",
                )
            )
        lost = 100 * (counts["unedited"].other_style.value - count.other_style.value)
        claims.append(
            Claim(
                f"{name} keeps other artists within 10 points of the unedited model",
                lost <= OTHERS_BAR,
                f"{lost:.1f} points lost",
            )
        )
    return claims
