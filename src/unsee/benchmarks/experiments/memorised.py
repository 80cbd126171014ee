"""Sec. 5.4, Fig. 8 and 9: pictures that the model recites; some are erased, others stay.

MemorisedOptions   what it takes
plan               titles, styles and other prompts, with ever more works erased
read               how far the pictures of each moved

Latents come from the pictures themselves under noise. Measured is the perceptual distance between
the erased and the original model's pictures of the same noise: of the erased works, of the other
works, of drawings by the same artists, and of anything else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from unsee.benchmarks.experiment import Experiment
from unsee.benchmarks.items import Draw, Item
from unsee.benchmarks.options import Common
from unsee.benchmarks.outcome import Claim, Outcome, Panel, labelled, number, point
from unsee.benchmarks.pictures import Pictures
from unsee.benchmarks.systems import UNEDITED, System, erasers
from unsee.benchmarks.worlds.world import Artwork
from unsee.erasing.methods.registry import method_names
from unsee.errors import OptionError, option
from unsee.metrics.means import Mean
from unsee.pictures.reading import read_pictures
from unsee.prompts import PromptSet

if TYPE_CHECKING:
    from unsee.benchmarks.runner import Results
    from unsee.benchmarks.worlds.world import World

RESEEDED = 100_000
"""Added to a seed: how far two pictures of one prompt are apart, for comparison."""
STYLE_SEED = 7
SUBJECTS = 16
"""What is drawn in each style, about."""
PLAIN_SUBJECTS = ("a house", "a tree")
"""In a world that has none."""
GROUPS = ("erased works", "other works", "their style", "other prompts")


@dataclass(frozen=True)
class MemorisedOptions(Common):
    """What `unsee bench memorised` takes."""

    system: str = "esd-x"
    """What erases."""
    titles: tuple[str, ...] = ()
    """Titles of the works, in order; those to erase first. On emoji, all that it recites."""
    images: tuple[Path, ...] = ()
    """A picture file of each."""
    counts: tuple[int, ...] = (1, 2, 3, 5)
    """How many works are erased at once."""
    seeds: int = 8
    """Pictures of each title."""

    def sizes(self) -> Mapping[str, Any]:
        """With --quick."""
        return {"counts": (1,), "seeds": 2}

    def check(self) -> None:
        """Refuse titles without pictures, and systems that change no weights."""
        if len(self.titles) != len(self.images):
            raise OptionError(
                f"{len(self.titles)} {option('titles')} but {len(self.images)} {option('images')}"
            )
        read_pictures(self.images)
        if not self.counts or min(self.counts) < 1:
            raise OptionError(
                f"{option('counts')} takes numbers of works to erase, each at least 1"
            )
        (system,) = erasers([self.system])
        if system.method is None:
            raise OptionError(
                f"{option('system')} {system.name} changes no weights; to erase a picture take "
                "one of " + ", ".join(method_names())
            )
        super().check()


@dataclass(frozen=True)
class Sets:
    """What is drawn each time."""

    titles: Draw
    other: Draw
    styles: Draw | None
    """None where no work has a known style."""

    @property
    def draws(self) -> list[Draw]:
        """All of them."""
        return [draw for draw in (self.titles, self.other, self.styles) if draw is not None]


def works(world: "World", options: MemorisedOptions) -> Sequence[Artwork]:
    """The works that were given, or those that the model is known to recite.

    Raises:
        OptionError: there are fewer than are to be erased.
    """
    pictures = read_pictures(options.images)
    pairs = zip(options.titles, pictures, strict=True)
    found = [Artwork(title, picture, "") for title, picture in pairs] or world.artworks()
    if len(found) < max(options.counts):
        raise OptionError(
            f"{option('counts')} asks for {max(options.counts)} works, and there are {len(found)}; "
            f"name them by {option('titles')} and {option('images')}"
        )
    return found


def sets(world: "World", options: MemorisedOptions) -> dict[int, Sets]:
    """The prompts, by how many works are erased; 0 is the unedited model."""
    known = works(world, options)
    titles = PromptSet.numbered(
        (work.title, seed, work.title) for work in known for seed in range(options.seeds)
    )
    subjects = world.subjects[:: max(len(world.subjects) // SUBJECTS, 1)] or PLAIN_SUBJECTS
    styles = dict.fromkeys(work.style for work in known if work.style)
    in_style = [(f"{one} {style}", STYLE_SEED, style) for style in styles for one in subjects]

    def drawn(system: System, count: int) -> Sets:
        chosen = known[:count]
        phrases = [work.title for work in chosen]
        pictures = [work.picture for work in chosen]
        erasure = (
            system.erase(world, options.terms, phrases, pictures, source="images")
            if chosen
            else None
        )

        def draw(prompts: PromptSet) -> Draw:
            return system.draw(world, options.terms, phrases, prompts, erasure)

        return Sets(
            draw(titles),
            draw(world.plain()),
            draw(PromptSet.numbered(in_style)) if in_style else None,
        )

    system = System.named(options.system)
    return {0: drawn(System.named(UNEDITED), 0)} | {
        count: drawn(system, count) for count in options.counts
    }


def reseeded(draw: Draw) -> Draw:
    """The same prompts with other seeds."""
    rows = (replace(row, seed=row.seed + RESEEDED) for row in draw.prompts)
    return replace(draw, prompts=PromptSet(tuple(rows)))


def plan(world: "World", options: MemorisedOptions) -> list[Item]:
    """All pictures; the unedited model's first."""
    drawn = sets(world, options)
    return [*(draw for one in drawn.values() for draw in one.draws), reseeded(drawn[0].other)]


def prepare(world: "World", options: MemorisedOptions) -> None:
    """Someone who tells distances."""
    world.evaluators.prepare("distance")


@dataclass(frozen=True)
class Moves:
    """How far pictures moved with some works erased."""

    groups: tuple[Mean, ...]
    """Of the erased works, the others, their style and other prompts: GROUPS."""
    of_each: dict[str, Mean]
    """Of each work, by its title."""


def read(world: "World", options: MemorisedOptions, results: "Results") -> Outcome:
    """Measure how far every picture moved from the unedited model's."""
    evaluators = world.evaluators
    lpips = evaluators.measures["LPIPS"]
    known, drawn = works(world, options), sets(world, options)
    before = drawn[0]

    def first_of_each(pictures: Pictures) -> Pictures:
        return list(pictures[:: options.seeds])

    moves: dict[int, Moves] = {}
    columns = {UNEDITED: first_of_each(results[before.titles])}
    for count in options.counts:
        after, erased = drawn[count], known[:count]
        gaps = [
            evaluators.distance(results[now], results[then])
            for now, then in zip(after.draws, before.draws, strict=True)
        ]
        moves[count] = _moves(after, gaps, erased, known)
        columns[f"without the first {count}"] = first_of_each(results[after.titles])
    noise = Mean.of(evaluators.distance(results[reseeded(before.other)], results[before.other]))
    rows = [moves[count].groups for count in options.counts]
    each = [moves[count].of_each for count in options.counts]
    titles = [work.title for work in known]
    return Outcome(
        experiment=EXPERIMENT.name,
        title=f"Memorised pictures erased by {options.system}",
        section=EXPERIMENT.section,
        model=world.model_name,
        settings={
            "system": options.system, "works": titles, "counts": list(options.counts),
            "seeds": list(range(options.seeds)), "other prompts": len(before.other.prompts),
        },
        facts=dict(evaluators.facts),
        header=["works erased", *(f"{lpips}, {group}" for group in GROUPS)],
        rows=[
            *(
                [str(count), *(number(mean) for mean in row)]
                for count, row in zip(options.counts, rows, strict=True)
            ),
            ["*none; another seed*", "", "", "", number(noise)],
        ],
        numbers=[
            {
                "erased": count,
                **dict(zip(GROUPS, map(vars, row), strict=True)),
                "each work": {title: vars(mean) for title, mean in means.items()},
            }
            for count, row, means in zip(options.counts, rows, each, strict=True)
        ],
        panels=[
            Panel(
                f"{lpips} between the original and the edited model's pictures",
                [str(count) for count in options.counts],
                {
                    **{
                        group: [point(row[place]) for row in rows]
                        for place, group in enumerate(GROUPS)
                        if rows[0][place].count
                    },
                    "other prompts, another seed": [point(noise)] * len(rows),
                },
                lines=True,
                along="works erased at once",
            ),
            Panel(
                f"{lpips}, each work",
                titles,
                {
                    f"the first {count} erased": [point(mean) for mean in means.values()]
                    for count, means in zip(options.counts, each, strict=True)
                },
            ),
        ],
        claims=[
            Claim(
                "distance is larger for erased works than for any others, however many",
                all(row[0].low > max(mean.high for mean in row[1:] if mean.count) for row in rows),
                ", ".join(f"{row[0].value:.3f} against {row[1].value:.3f}" for row in rows),
            ),
            Claim(
                "prompts without art move less than from one seed to another",
                all(row[3].high < noise.low for row in rows),
                ", ".join(f"{row[3].value:.3f}" for row in rows) + f" against {number(noise)}",
            ),
        ],
        notes=[
            f"With {options.counts[-1]} erased, other works moved by {rows[-1][1].value:.3f}."
        ],
        sheets={"What is drawn of each title": labelled(columns, titles)},
    )  # fmt: skip


def _moves(
    after: Sets, gaps: "list[Any]", erased: Sequence[Artwork], known: Sequence[Artwork]
) -> Moves:
    """Take means of distances, (n,) for each of the draws."""
    of_titles, of_other, *of_styles = gaps
    gone = {work.title for work in erased}
    groups = np.array([row.group for row in after.titles.prompts])
    mask = np.isin(groups, list(gone))
    theirs: Any = []
    if after.styles is not None:
        styles = [row.group for row in after.styles.prompts]
        theirs = of_styles[0][np.isin(styles, [work.style for work in erased])]
    return Moves(
        (
            Mean.of(of_titles[mask]),
            Mean.of(of_titles[~mask]),
            Mean.of(theirs),
            Mean.of(of_other),
        ),
        {work.title: Mean.of(of_titles[groups == work.title]) for work in known},
    )


EXPERIMENT = Experiment(
    "memorised",
    "Erase pictures that the model recites, from the pictures themselves (Sec. 5.4).",
    "5.4, Fig. 8 and 9",
    MemorisedOptions,
    plan,
    read,
    prepare,
)
