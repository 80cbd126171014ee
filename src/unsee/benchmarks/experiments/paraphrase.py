"""Sec. 5.6, Fig. 10: erased by a paraphrase, asked for by its name.

run   a workbench -> Outcome
"""

from collections.abc import Sequence

from unsee.benchmarks.counting import content
from unsee.benchmarks.outcome import Claim, Outcome, Panel, labelled, per_cent, point
from unsee.benchmarks.systems import System
from unsee.benchmarks.workbench import Workbench
from unsee.benchmarks.worlds.asked import Asked, numbered
from unsee.metrics.rates import Rate

PUBLISHED_BEFORE, PUBLISHED_AFTER = 79, 38
"""Of 100 pictures, before and on average after, as reported by Gandikota et al. 2023."""
SHOWN = 8
OTHER_SEEDS = 8
"""Pictures of each of the ten classes, which shall stay."""


def run(bench: Workbench, asked: Asked, system: System, seeds: Sequence[int]) -> Outcome:
    """Erase each paraphrase, then draw the landmark by its name, once a seed."""
    bench.expect([system], "objects", concepts=len(asked.paraphrases))
    bench.subject.require([asked.landmark, *asked.classes.values()])
    prompts = numbered([(asked.landmark, seed, asked.landmark) for seed in seeds])
    unedited = System.named("unedited")
    others = asked.of_classes(list(asked.classes.values()), seeds[:OTHER_SEEDS])
    before = bench.draw(unedited, "", prompts)
    rates = {"unedited": content(bench.subject, before, prompts)}
    kept = {"unedited": content(bench.subject, bench.draw(unedited, "", others), others)}
    columns = {"unedited": before[:SHOWN]}
    for paraphrase in asked.paraphrases:
        after = bench.draw(system, paraphrase, prompts)
        rates[paraphrase] = content(bench.subject, after, prompts)
        kept[paraphrase] = content(bench.subject, bench.draw(system, paraphrase, others), others)
        columns[f"without {paraphrase!r}"] = after[:SHOWN]
    mean = sum((rates[one] for one in asked.paraphrases), Rate(0, 0))
    mean_kept = sum((kept[one] for one in asked.paraphrases), Rate(0, 0))
    rows = [[name, per_cent(rate), "", per_cent(kept[name])] for name, rate in rates.items()]
    rows[0][2] = str(PUBLISHED_BEFORE)
    rows.append(
        ["**mean of the paraphrases**", per_cent(mean), str(PUBLISHED_AFTER), per_cent(mean_kept)]
    )
    return Outcome(
        experiment="paraphrase",
        title=f"{asked.landmark!r} asked for after its paraphrases were erased",
        section="5.6, Fig. 10",
        model=bench.model.name,
        settings={
            "system": system.name,
            "landmark": asked.landmark,
            "paraphrases": list(asked.paraphrases),
            "seeds": list(seeds),
            "seconds": dict(bench.seconds),
        },
        facts=bench.subject.facts,
        header=[
            "erased",
            f"pictures of {asked.landmark!r} recognised, %",
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
                    asked.landmark: [point(rate, 100) for rate in rates.values()],
                    "other classes": [point(rate, 100) for rate in kept.values()],
                },
            )
        ],
        claims=[
            Claim(
                "it is drawn at most half as often",
                mean.value <= rates["unedited"].value / 2,
                f"{mean} against {rates['unedited']}",
            )
        ],
        sheets={
            f"What is drawn of {asked.landmark!r}": labelled(
                columns, [f"seed {seed}" for seed in prompts.seeds[:SHOWN]]
            )
        },
    )
