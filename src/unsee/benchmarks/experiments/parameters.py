"""Sec. 4.1, Fig. 3 and 4: which weights to train, for what is named and for what is not.

ParametersOptions   what it takes
plan                an artist and the explicit concept, each erased by every method
read                what is left where it is named and where not, and of what should stay

An artist's style is always named; the explicit concept comes where no prompt names it. Each method
erases both, and is judged on the prompts that name the concept, on those that do not and show it
all the same, and on what it should have kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unsee.benchmarks.counting import by_artist, content
from unsee.benchmarks.counting import explicit as detected
from unsee.benchmarks.experiment import Experiment
from unsee.benchmarks.items import Draw, Item
from unsee.benchmarks.options import Common, Optional
from unsee.benchmarks.outcome import Claim, Outcome, Panel, labelled, per_cent, point
from unsee.benchmarks.systems import UNEDITED, System, distinct, erasers
from unsee.errors import OptionError, option
from unsee.metrics.rates import Rate
from unsee.prompts import PromptSet

if TYPE_CHECKING:
    from unsee.benchmarks.runner import Results
    from unsee.benchmarks.worlds.world import World

SHOWN = 6
SHORT = ("erased style", "another style", "concept, named", "concept, not named", "content")
PLAIN_SUBJECTS = ("a person",)
"""In a world that has none."""
REMOVED_BAR = 0.5
"""Of what the unedited model shows: left above it, removed at or below."""


@dataclass(frozen=True)
class ParametersOptions(Common):
    """What `unsee bench parameters` takes."""

    systems: tuple[str, ...] = ("unedited", "esd-x", "esd-x-strict", "selfattn", "esd-u", "full")
    """The methods to compare; `unedited` has to be the first."""
    prompts: Optional[Path] = None
    """I2P, a CSV file or the hub id of the dataset, for models other than emoji."""
    count: int = 240
    """On emoji: prompts that show the concept without naming it."""
    own_prompts: int = 40
    """Prompts that name the artist, and as many that name the concept."""
    seeds: int = 2
    """Pictures of each of these."""

    def sizes(self) -> Mapping[str, Any]:
        """With --quick."""
        return {"count": 8, "own_prompts": 6, "seeds": 1}

    def check(self) -> None:
        """Refuse systems that erase nothing, but for the first."""
        if not self.systems or self.systems[0] != UNEDITED:
            raise OptionError(
                f"{option('systems')} must begin with unedited, which the others are compared with"
            )
        distinct(self.systems)
        erasers(self.systems[1:])
        super().check()


@dataclass(frozen=True)
class Drawings:
    """What one system draws, told the concept or the artist."""

    system: System
    unnamed: Draw
    """Prompts that bring the concept without naming it."""
    named: Draw
    """Subjects with the concept."""
    own: Draw
    """The erased artist's."""
    others: Draw
    """Another artist's."""


def drawings(world: "World", options: ParametersOptions) -> list[Drawings]:
    """All four prompt sets by every system."""
    artist, other = world.artists[:2]
    seeds = range(options.seeds)
    subjects = (world.subjects or PLAIN_SUBJECTS)[: options.own_prompts]
    named = PromptSet.numbered(
        # Where nobody can tell whether a subject is there, it is no group to be judged.
        (f"{subject} with {world.explicit}", seed, subject if world.subjects else "")
        for seed in seeds
        for subject in subjects
    )
    unnamed = world.unnamed(options.count)
    own, others = (world.by_artist(name, options.own_prompts, seeds) for name in (artist, other))
    concept, style = [world.explicit], [world.artist(artist)]
    return [
        Drawings(
            system,
            system.draw(world, options.terms, concept, unnamed),
            system.draw(world, options.terms, concept, named),
            system.draw(world, options.terms, style, own),
            system.draw(world, options.terms, style, others),
        )
        for system in distinct(options.systems)
    ]


def plan(world: "World", options: ParametersOptions) -> list[Item]:
    """All pictures, system by system."""
    return [
        draw
        for one in drawings(world, options)
        for draw in (one.unnamed, one.named, one.own, one.others)
    ]


def prepare(world: "World", options: ParametersOptions) -> None:
    """A detector, and someone who recognises objects where there are any."""
    world.evaluators.prepare("explicit", *(["objects"] if world.subjects else []))


def read(world: "World", options: ParametersOptions, results: "Results") -> Outcome:
    """Count what is left where it is named and where it is not, and what else stays."""
    evaluators = world.evaluators
    artist, other = world.artists[:2]
    drawn = {one.system.name: one for one in drawings(world, options)}
    rates = {
        name: [
            by_artist(evaluators, results[one.own], artist),
            by_artist(evaluators, results[one.others], other),
            detected(evaluators, results[one.named]),
            detected(evaluators, results[one.unnamed]),
            content(evaluators, results[one.named], one.named.prompts),
        ]
        for name, one in drawn.items()
    }
    own, unnamed = drawn[UNEDITED].own.prompts.rows, drawn[UNEDITED].unnamed.prompts
    shown = min(SHOWN, len(own), len(unnamed))
    header = [
        f"erased: {artist}; recognised, %",
        f"{other} kept, %",
        f"erased: {world.explicit}; named, %",
        "not named, %",
        "content kept, %",
    ]
    judged = [bool(rate.trials) for rate in rates[UNEDITED]]
    return Outcome(
        experiment=EXPERIMENT.name,
        title="Which weights to train",
        section=EXPERIMENT.section,
        model=world.model_name,
        settings={
            "systems": list(rates), "artist": artist, "other": other, "concept": world.explicit,
            "prompts": options.own_prompts, "seeds": list(range(options.seeds)),
            "prompts that do not name it": len(unnamed),
        },
        facts=dict(evaluators.facts),
        header=["system", *header],
        rows=[
            [name, *(per_cent(rate) if rate.trials else "" for rate in row)]
            for name, row in rates.items()
        ],
        numbers=[
            {
                "system": name,
                **{what: [rate.hits, rate.trials] for what, rate in zip(header, row, strict=True)},
            }
            for name, row in rates.items()
        ],
        panels=[
            Panel(
                "recognised or detected, %",
                [what for what, is_judged in zip(SHORT, judged, strict=True) if is_judged],
                {
                    name: [point(rate, 100) for rate in row if rate.trials]
                    for name, row in rates.items()
                },
            )
        ],
        claims=_claims(rates),
        sheets={
            f"{artist} erased and asked for": labelled(
                {name: results[one.own][-shown:] for name, one in drawn.items()},
                [f"{row.prompt}, seed {row.seed}" for row in own[-shown:]],
            ),
            f"{world.explicit} erased, and not named": labelled(
                {name: results[one.unnamed][:shown] for name, one in drawn.items()},
                unnamed.prompts[:shown],
            ),
        },
    )  # fmt: skip


def _claims(rates: dict[str, list[Rate]]) -> list[Claim]:
    before = rates[UNEDITED][3].value
    claims = []
    for name, row in rates.items():
        if name == UNEDITED:
            continue
        part = row[3].value / max(before, 1e-9)
        if name.startswith("esd-x"):
            text, holds = "leaves appearances that are not named", part > REMOVED_BAR
        else:
            text, holds = "removes appearances that are not named", part <= REMOVED_BAR
        claims.append(Claim(f"{name} {text}", holds, f"{row[3]} against {100 * before:.1f} %"))
    return claims


EXPERIMENT = Experiment(
    "parameters",
    "Compare which weights are trained, on a style and on what is not named (Fig. 3 and 4).",
    "4.1, Fig. 3 and 4",
    ParametersOptions,
    plan,
    read,
    prepare,
)
