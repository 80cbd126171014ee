"""Sec. 5.4, Fig. 8 and 9: pictures that the model recites; some are erased, others stay.

run        a workbench -> Outcome
Artwork    a title, the picture that it recites, and the artist

Latents come from the pictures themselves under noise. Measured is the perceptual distance between
the erased and the original model's pictures of the same noise: of the erased works, of the other
works, of drawings by the same artists, and of anything else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from unsee.benchmarks.outcome import Claim, Outcome, Panel, labelled, number, point
from unsee.benchmarks.systems import System
from unsee.benchmarks.workbench import Workbench
from unsee.benchmarks.worlds.asked import Asked, numbered
from unsee.metrics.means import Mean
from unsee.prompts import PromptSet

RESEEDED = 100_000
"""Added to a seed: how far two pictures of one prompt are apart, for comparison."""


@dataclass(frozen=True)
class Artwork:
    """A picture that the model recites under its title."""

    title: str
    picture: Image.Image
    style: str
    """A phrase for the style that it is in; may be empty."""


def run(
    bench: Workbench,
    asked: Asked,
    system: System,
    works: Sequence[Artwork],
    counts: Sequence[int],
    seeds: Sequence[int],
    other: PromptSet,
) -> Outcome:
    """Erase the first works, as many as `counts` says; `other` are prompts without any art."""
    bench.expect([system], "distance", concepts=len(set(counts)))
    lpips = bench.subject.calls["LPIPS"]
    unedited = System.named("unedited")
    titles = numbered([(work.title, seed, work.title) for work in works for seed in seeds])
    subjects = asked.subjects[:: max(len(asked.subjects) // 16, 1)] or ("a house", "a tree")
    styles = list(dict.fromkeys(work.style for work in works if work.style))
    sets = {"titles": titles, "other": other}
    in_style = [(f"{one} {style}", 7, style) for style in styles for one in subjects]
    if in_style:
        sets["styles"] = numbered(in_style)
    before = {name: bench.draw(unedited, "", prompts) for name, prompts in sets.items()}
    groups = ("erased works", "other works", "their style", "other prompts")
    means: list[list[Mean]] = []
    of_each: list[dict[str, Mean]] = []
    columns = {"unedited": before["titles"][:: len(seeds)]}
    for count in counts:
        chosen = works[:count]
        erased = {work.title for work in chosen}
        phrases = [work.title for work in chosen]
        weights = bench.erased(
            system, phrases, images=[work.picture for work in chosen], source="images"
        )
        after = {
            name: bench.draw(system, phrases, prompts, weights) for name, prompts in sets.items()
        }
        gaps = {name: bench.subject.distance(after[name], before[name]) for name in after}
        gone = np.array([row.group in erased for row in titles])
        own = [row.group in {work.style for work in chosen} for row in sets.get("styles", ())]
        means.append(
            [
                Mean.of(gaps["titles"][gone]),
                Mean.of(gaps["titles"][~gone]),
                Mean.of(gaps["styles"][own] if own else []),
                Mean.of(gaps["other"]),
            ]
        )
        of_each.append(
            {
                work.title: Mean.of(gaps["titles"][[row.group == work.title for row in titles]])
                for work in works
            }
        )
        columns[f"without the first {count}"] = after["titles"][:: len(seeds)]
    reseeded = PromptSet(tuple(replace(row, seed=row.seed + RESEEDED) for row in other))
    noise = Mean.of(bench.subject.distance(bench.draw(unedited, "", reseeded), before["other"]))
    last = means[-1]
    return Outcome(
        experiment="memorised",
        title=f"Memorised pictures erased by {system.name}",
        section="5.4, Fig. 8 and 9",
        model=bench.model.name,
        settings={
            "system": system.name, "works": [work.title for work in works],
            "counts": list(counts), "seeds": list(seeds), "other prompts": len(other),
            "seconds": dict(bench.seconds),
        },
        facts=bench.subject.facts,
        header=["works erased", *(f"{lpips}, {group}" for group in groups)],
        rows=[
            *(
                [str(count), *(number(mean) for mean in row)]
                for count, row in zip(counts, means, strict=True)
            ),
            ["*none; another seed*", "", "", "", number(noise)],
        ],
        numbers=[
            {
                "erased": count,
                **dict(zip(groups, map(vars, row), strict=True)),
                "each work": {title: vars(mean) for title, mean in each.items()},
            }
            for count, row, each in zip(counts, means, of_each, strict=True)
        ],
        panels=[
            Panel(
                f"{lpips} between the original and the edited model's pictures",
                [str(count) for count in counts],
                {
                    **{
                        group: [point(row[place]) for row in means]
                        for place, group in enumerate(groups)
                        if means[0][place].count
                    },
                    "other prompts, another seed": [point(noise)] * len(means),
                },
                lines=True,
                along="works erased at once",
            ),
            Panel(
                f"{lpips}, each work",
                [work.title for work in works],
                {
                    f"the first {count} erased": [point(mean) for mean in each.values()]
                    for count, each in zip(counts, of_each, strict=True)
                },
            ),
        ],
        claims=[
            Claim(
                "distance is larger for erased works than for any others, however many",
                all(row[0].low > max(mean.high for mean in row[1:] if mean.count) for row in means),
                ", ".join(f"{row[0].value:.3f} against {row[1].value:.3f}" for row in means),
            ),
            Claim(
                "prompts without art move less than from one seed to another",
                all(row[3].high < noise.low for row in means),
                ", ".join(f"{row[3].value:.3f}" for row in means) + f" against {number(noise)}",
            ),
        ],
        notes=[f"With {counts[-1]} erased, other works moved by {last[1].value:.3f}."],
        sheets={
            "What is drawn of each title": labelled(columns, [work.title for work in works])
        },
    )  # fmt: skip
