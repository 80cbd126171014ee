"""Sec. 5.3, Table 2: ten classes, each erased in turn; what becomes of it and of the nine others.

ObjectsOptions   what it takes
plan             every class by the unedited model, and with each one erased
read             how often each is still recognised
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unsee.benchmarks.experiment import Experiment
from unsee.benchmarks.items import Draw, Item
from unsee.benchmarks.options import Classified
from unsee.benchmarks.outcome import Claim, Outcome, Panel, labelled, per_cent, point
from unsee.benchmarks.systems import UNEDITED, System, erasers
from unsee.metrics.rates import NONE, Rate

if TYPE_CHECKING:
    from unsee.benchmarks.runner import Results
    from unsee.benchmarks.worlds.world import World

PUBLISHED = {
    "cassette player": (15.6, 0.6, 85.1, 64.5),
    "chain saw": (66.0, 6.0, 79.6, 68.2),
    "church": (73.8, 54.2, 78.8, 71.6),
    "gas pump": (75.4, 8.6, 78.6, 66.5),
    "tench": (78.4, 9.6, 78.3, 66.6),
    "garbage truck": (85.4, 10.4, 77.5, 51.5),
    "English springer": (92.5, 6.2, 76.6, 62.6),
    "golf ball": (97.4, 5.8, 76.1, 65.6),
    "parachute": (98.0, 23.8, 76.0, 65.4),
    "French horn": (99.6, 0.4, 75.8, 49.4),
}
"""Table 2 as reported by Gandikota et al. 2023: of the class, before and after; of the others."""
AVERAGE = (78.2, 12.6, 78.2, 63.2)
"""Its last line."""

ERASED_BAR, OTHERS_BAR = 0.10, 0.75


@dataclass(frozen=True)
class ObjectsOptions(Classified):
    """What `unsee bench objects` takes."""

    system: str = "esd-u"
    """What erases."""
    seeds: int = 50
    """Pictures of each class; the paper has 500."""

    def sizes(self) -> Mapping[str, Any]:
        """With --quick."""
        return {"seeds": 4}

    def check(self) -> None:
        """Refuse a system that erases no class."""
        erasers([self.system])
        super().check()


def draws(world: "World", options: ObjectsOptions) -> dict[str, Draw]:
    """All classes, by the class that is erased; by the unedited model under that name."""
    prompts = world.of_classes(range(options.seeds))
    system = System.named(options.system)
    return {
        UNEDITED: System.named(UNEDITED).draw(world, options.terms, (), prompts),
        **{
            name: system.draw(world, options.terms, [name], prompts)
            for name in world.classes.values()
        },
    }


def plan(world: "World", options: ObjectsOptions) -> list[Item]:
    """All pictures; the unedited model's first."""
    return list(draws(world, options).values())


def prepare(world: "World", options: ObjectsOptions) -> None:
    """Someone who recognises every class."""
    world.evaluators.prepare("objects")
    world.evaluators.require(list(world.classes.values()))


@dataclass(frozen=True)
class Accuracy:
    """How often a class, and the others, are recognised before and after it is erased."""

    own_before: Rate = NONE
    own: Rate = NONE
    others_before: Rate = NONE
    others: Rate = NONE

    @classmethod
    def of(
        cls, name: str, groups: Sequence[str], before: list[bool], after: list[bool]
    ) -> "Accuracy":
        """Count, of pictures of classes `groups`, those of one class and those of the others."""

        def rate(right: list[bool], own: bool) -> Rate:
            pairs = zip(right, groups, strict=True)
            return Rate.count(hit for hit, group in pairs if (group == name) == own)

        return cls(rate(before, True), rate(after, True), rate(before, False), rate(after, False))

    def __add__(self, other: "Accuracy") -> "Accuracy":
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Accuracy(*(one + two for one, two in pairs))

    @property
    def record(self) -> dict[str, list[int]]:
        """For the result file."""
        rates = {name.replace("_", " "): rate for name, rate in vars(self).items()}
        return {name: [rate.hits, rate.trials] for name, rate in rates.items()}


def read(world: "World", options: ObjectsOptions, results: "Results") -> Outcome:
    """Let a classifier tell what each picture shows."""
    evaluators = world.evaluators
    drawn = draws(world, options)
    groups = [row.group for row in drawn[UNEDITED].prompts]
    right = {name: evaluators.objects(results[draw], groups) for name, draw in drawn.items()}
    accuracies = {
        published: Accuracy.of(name, groups, right[UNEDITED], right[name])
        for published, name in world.classes.items()
    }
    total = sum(accuracies.values(), Accuracy())
    part = total.others.value / max(total.others_before.value, 1e-9)
    columns = {
        UNEDITED if name == UNEDITED else f"without {name}": results[draw][:: options.seeds]
        for name, draw in drawn.items()
    }
    names = list(world.classes.values())
    return Outcome(
        experiment=EXPERIMENT.name,
        title=f"Objects erased by {options.system}, one at a time",
        section=EXPERIMENT.section,
        model=world.model_name,
        settings={"system": options.system, "seeds": list(range(options.seeds))},
        facts=dict(evaluators.facts),
        header=["erased class", "accuracy of it: unedited", options.system, "paper: SD",
                "paper: ESD-u", "of the others: unedited", options.system, "paper: SD",
                "paper: ESD-u"],
        rows=[
            *(
                _row(
                    name if published == name else f"{name} (for {published})",
                    accuracies[published],
                    PUBLISHED.get(published, ("", "", "", "")),
                )
                for published, name in world.classes.items()
            ),
            _row("**average**", total, AVERAGE),
        ],
        numbers=[
            {"class": name, **accuracies[published].record}
            for published, name in world.classes.items()
        ],
        panels=[
            Panel(
                "accuracy after erasing, %",
                names,
                {
                    "the erased class": [point(one.own, 100) for one in accuracies.values()],
                    "the others": [point(one.others, 100) for one in accuracies.values()],
                },
            )
        ],
        claims=[
            Claim(
                "the erased class is recognised in at most 10 % of its pictures",
                total.own.value <= ERASED_BAR,
                per_cent(total.own),
            ),
            Claim(
                "the others keep at least 75 % of the unedited model's accuracy",
                part >= OTHERS_BAR,
                f"{100 * part:.1f} %",
            ),
        ],
        sheets={"What is drawn of each class": labelled(columns, names)},
    )  # fmt: skip


def _row(label: str, accuracy: Accuracy, paper: Sequence[object]) -> list[str]:
    sd, esd, sd_others, esd_others = map(str, paper)
    return [
        label, per_cent(accuracy.own_before), per_cent(accuracy.own), sd, esd,
        per_cent(accuracy.others_before), per_cent(accuracy.others), sd_others, esd_others,
    ]  # fmt: skip


EXPERIMENT = Experiment(
    "objects",
    "Erase ten classes in turn: what is left of each and of the nine others (Sec. 5.3).",
    "5.3, Table 2",
    ObjectsOptions,
    plan,
    read,
    prepare,
)
