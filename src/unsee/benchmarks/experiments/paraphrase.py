"""Sec. 5.6, Fig. 10: erased by a paraphrase, asked for by its name.

ParaphraseOptions   what it takes
plan                the landmark and the ten classes, with each paraphrase erased
read                how often they are still recognised
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unsee.benchmarks.counting import content
from unsee.benchmarks.experiment import Experiment
from unsee.benchmarks.items import Draw, Item
from unsee.benchmarks.options import Classified
from unsee.benchmarks.outcome import Claim, Outcome, Panel, labelled, per_cent, point
from unsee.benchmarks.systems import UNEDITED, System, erasers
from unsee.metrics.rates import NONE, Rate
from unsee.prompts import PromptSet

if TYPE_CHECKING:
    from unsee.benchmarks.runner import Results
    from unsee.benchmarks.worlds.world import World

PUBLISHED_BEFORE, PUBLISHED_AFTER = 79, 38
"""Of 100 pictures, before and on average after, as reported by Gandikota et al. 2023."""
SHOWN = 8
OTHER_SEEDS = 8
"""Pictures of each of the ten classes, which shall stay."""


@dataclass(frozen=True)
class ParaphraseOptions(Classified):
    """What `unsee bench paraphrase` takes."""

    system: str = "esd-x"
    """What erases."""
    seeds: int = 100
    """Pictures of the landmark."""

    def sizes(self) -> Mapping[str, Any]:
        """With --quick."""
        return {"seeds": 8}

    def check(self) -> None:
        """Refuse a system that erases no paraphrase."""
        erasers([self.system])
        super().check()


@dataclass(frozen=True)
class Pair:
    """What is drawn while a paraphrase is erased."""

    erased: str
    """The paraphrase; UNEDITED for nothing."""
    landmark: Draw
    others: Draw


def pairs(world: "World", options: ParaphraseOptions) -> list[Pair]:
    """Both prompt sets, by the unedited model and without each paraphrase."""
    seeds = range(options.seeds)
    landmark = PromptSet.cross([world.landmark], seeds, group=world.landmark)
    others = world.of_classes(seeds[:OTHER_SEEDS])
    system = System.named(options.system)
    erased = [(UNEDITED, System.named(UNEDITED)), *((one, system) for one in world.paraphrases)]
    return [
        Pair(
            name,
            by.draw(world, options.terms, [name], landmark),
            by.draw(world, options.terms, [name], others),
        )
        for name, by in erased
    ]


def plan(world: "World", options: ParaphraseOptions) -> list[Item]:
    """All pictures; the unedited model's first."""
    return [draw for pair in pairs(world, options) for draw in (pair.landmark, pair.others)]


def prepare(world: "World", options: ParaphraseOptions) -> None:
    """Someone who recognises the landmark and every class."""
    world.evaluators.prepare("objects")
    world.evaluators.require([world.landmark, *world.classes.values()])


def read(world: "World", options: ParaphraseOptions, results: "Results") -> Outcome:
    """Count pictures on which the landmark is recognised, and on which the classes are."""
    evaluators = world.evaluators
    rates: dict[str, Rate] = {}
    kept: dict[str, Rate] = {}
    columns = {}
    for pair in pairs(world, options):
        pictures = results[pair.landmark]
        rates[pair.erased] = content(evaluators, pictures, pair.landmark.prompts)
        kept[pair.erased] = content(evaluators, results[pair.others], pair.others.prompts)
        heading = pair.erased if pair.erased == UNEDITED else f"without {pair.erased!r}"
        columns[heading] = pictures[:SHOWN]
    mean = sum((rates[one] for one in world.paraphrases), NONE)
    mean_kept = sum((kept[one] for one in world.paraphrases), NONE)
    rows = [[name, per_cent(rate), "", per_cent(kept[name])] for name, rate in rates.items()]
    rows[0][2] = str(PUBLISHED_BEFORE)
    rows.append(
        ["**mean of the paraphrases**", per_cent(mean), str(PUBLISHED_AFTER), per_cent(mean_kept)]
    )
    return Outcome(
        experiment=EXPERIMENT.name,
        title=f"{world.landmark!r} asked for after its paraphrases were erased",
        section=EXPERIMENT.section,
        model=world.model_name,
        settings={
            "system": options.system,
            "landmark": world.landmark,
            "paraphrases": list(world.paraphrases),
            "seeds": list(range(options.seeds)),
        },
        facts=dict(evaluators.facts),
        header=[
            "erased",
            f"pictures of {world.landmark!r} recognised, %",
            "paper: of 100",
            "other classes, %",
        ],
        rows=rows,
        numbers=[
            {
                "erased": name,
                "recognised": [rate.hits, rate.trials],
                "others": [kept[name].hits, kept[name].trials],
            }
            for name, rate in rates.items()
        ],
        panels=[
            Panel(
                "recognised, %",
                list(rates),
                {
                    world.landmark: [point(rate, 100) for rate in rates.values()],
                    "other classes": [point(rate, 100) for rate in kept.values()],
                },
            )
        ],
        claims=[
            Claim(
                "it is drawn at most half as often",
                mean.value <= rates[UNEDITED].value / 2,
                f"{mean} against {rates[UNEDITED]}",
            )
        ],
        sheets={
            f"What is drawn of {world.landmark!r}": labelled(
                columns, [f"seed {seed}" for seed in range(options.seeds)[:SHOWN]]
            )
        },
    )


EXPERIMENT = Experiment(
    "paraphrase",
    "Erase a landmark by its paraphrases and ask for it by name (Sec. 5.6).",
    "5.6, Fig. 10",
    ParaphraseOptions,
    plan,
    read,
    prepare,
)
