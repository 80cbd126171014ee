"""Sec. 5.3, Table 2: ten classes, each erased in turn; what becomes of it and of the nine others.

run   a workbench -> Outcome
"""

from collections.abc import Sequence

from unsee.benchmarks import counting
from unsee.benchmarks.outcome import Claim, Outcome, Panel, labelled, per_cent, point
from unsee.benchmarks.systems import System
from unsee.benchmarks.workbench import Workbench
from unsee.benchmarks.worlds.asked import Asked
from unsee.metrics.rates import Rate

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

ERASED_BAR, OTHERS_BAR = 0.10, 0.75


def run(bench: Workbench, asked: Asked, system: System, seeds: Sequence[int]) -> Outcome:
    """Erase each class; judge `seeds` pictures of every class."""
    bench.expect([system], "objects", concepts=len(asked.classes))
    names = list(asked.classes.values())
    bench.subject.require(names)
    prompts = asked.of_classes(names, seeds)
    groups = [row.group for row in prompts]
    unedited = System.named("unedited")
    before = bench.draw(unedited, "", prompts)
    was = counting.objects(bench.subject, before, prompts)
    rows, numbers = [], []
    columns = {"unedited": before[:: len(seeds)]}
    own_points, other_points = [], []
    total = {key: Rate(0, 0) for key in ("own before", "own", "others before", "others")}
    for published, name in asked.classes.items():
        after = bench.draw(system, name, prompts)
        now = counting.objects(bench.subject, after, prompts)
        columns[f"without {name}"] = after[:: len(seeds)]
        rates = {}
        for key, right, own in (
            ("own before", was, True), ("own", now, True),
            ("others before", was, False), ("others", now, False),
        ):  # fmt: skip
            kept = [hit for hit, group in zip(right, groups, strict=True) if (group == name) == own]
            rates[key] = Rate(sum(kept), len(kept))
            total[key] += rates[key]
        paper = PUBLISHED.get(published, ("", "", "", ""))
        label = published if published == name else f"{name} (for {published})"
        rows.append(_row(label, rates, paper))
        numbers.append(
            {"class": name, **{key: [rate.hits, rate.trials] for key, rate in rates.items()}}
        )
        own_points.append(point(rates["own"], 100))
        other_points.append(point(rates["others"], 100))
    rows.append(_row("**average**", total, (78.2, 12.6, 78.2, 63.2)))
    part = total["others"].value / max(total["others before"].value, 1e-9)
    return Outcome(
        experiment="objects",
        title=f"Objects erased by {system.name}, one at a time",
        section="5.3, Table 2",
        model=bench.model.name,
        settings={"system": system.name, "seeds": list(seeds), "seconds": dict(bench.seconds)},
        facts=bench.subject.facts,
        header=["erased class", "accuracy of it: unedited", system.name, "paper: SD",
                "paper: ESD-u", "of the others: unedited", system.name, "paper: SD",
                "paper: ESD-u"],
        rows=rows,
        numbers=numbers,
        panels=[
            Panel(
                "accuracy after erasing, %",
                names,
                {"the erased class": own_points, "the others": other_points},
            )
        ],
        claims=[
            Claim(
                "the erased class is recognised in at most 10 % of its pictures",
                total["own"].value <= ERASED_BAR,
                per_cent(total["own"]),
            ),
            Claim(
                "the others keep at least 75 % of the unedited model's accuracy",
                part >= OTHERS_BAR,
                f"{100 * part:.1f} %",
            ),
        ],
        sheets={"What is drawn of each class": labelled(columns, names)},
    )  # fmt: skip


def _row(label: str, rates: dict[str, Rate], paper: Sequence[object]) -> list[str]:
    cells = [label, per_cent(rates["own before"]), per_cent(rates["own"]), *map(str, paper[:2])]
    return [
        *cells,
        per_cent(rates["others before"]),
        per_cent(rates["others"]),
        *map(str, paper[2:]),
    ]
