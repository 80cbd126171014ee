"""Sec. 4.1, Fig. 3 and 4: which weights to train, for what is named and for what is not.

run   a workbench -> Outcome

An artist's style is always named; the explicit concept comes where no prompt names it. Each method
erases both, and is judged on the prompts that name the concept, on those that do not and show it
all the same, and on what it should have kept.
"""

from collections.abc import Sequence

from unsee.benchmarks.counting import by_artist, content
from unsee.benchmarks.counting import explicit as found
from unsee.benchmarks.outcome import Claim, Outcome, Panel, labelled, per_cent, point
from unsee.benchmarks.systems import System
from unsee.benchmarks.workbench import Workbench
from unsee.benchmarks.worlds.asked import Asked, numbered
from unsee.benchmarks.worlds.evaluators import Pictures
from unsee.metrics.rates import Rate
from unsee.prompts import PromptSet

SHOWN = 6
SHORT = ("erased style", "another style", "concept, named", "concept, not named", "content")
REMOVED_BAR = 0.5
"""Of what the unedited model shows: left above it, removed at or below."""


def run(
    bench: Workbench,
    asked: Asked,
    systems: Sequence[System],
    unnamed: PromptSet,
    prompts: int,
    seeds: Sequence[int],
) -> Outcome:
    """Erase an artist and the explicit concept by each system; `unnamed` shows the latter."""
    bench.expect(systems, "explicit", *(["objects"] if asked.subjects else []), concepts=2)
    artist, other = asked.artists[:2]
    named = numbered(
        [
            # Where nobody can tell whether a subject is there, it is no group to be judged.
            (f"{subject} with {asked.explicit}", seed, subject if asked.subjects else "")
            for seed in seeds
            for subject in (asked.subjects or ("a person",))[:prompts]
        ]
    )
    own, others = (asked.by_artist(name, prompts, seeds) for name in (artist, other))
    rates: dict[str, list[Rate]] = {}
    shown = min(SHOWN, len(own), len(unnamed))
    by_the_artist: dict[str, Pictures] = {}
    not_named: dict[str, Pictures] = {}
    for system in systems:
        style, concept = asked.artist(artist), asked.explicit
        pictures = bench.draw(system, concept, unnamed)
        named_pictures = bench.draw(system, concept, named)
        own_pictures = bench.draw(system, style, own)
        rates[system.name] = [
            by_artist(bench.subject, own_pictures, artist),
            by_artist(bench.subject, bench.draw(system, style, others), other),
            found(bench.subject, named_pictures),
            found(bench.subject, pictures),
            content(bench.subject, named_pictures, named),
        ]
        by_the_artist[system.name] = own_pictures[-shown:]
        not_named[system.name] = pictures[:shown]
    header = [
        f"erased: {artist}; recognised, %",
        f"{other} kept, %",
        f"erased: {asked.explicit}; named, %",
        "not named, %",
        "content kept, %",
    ]
    judged = [bool(rate.trials) for rate in next(iter(rates.values()))]
    return Outcome(
        experiment="parameters",
        title="Which weights to train",
        section="4.1, Fig. 3 and 4",
        model=bench.model.name,
        settings={
            "systems": list(rates), "artist": artist, "other": other, "concept": asked.explicit,
            "prompts": prompts, "seeds": list(seeds), "prompts that do not name it": len(unnamed),
            "seconds": dict(bench.seconds),
        },
        facts=bench.subject.facts,
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
                [what for what, there in zip(SHORT, judged, strict=True) if there],
                {
                    name: [point(rate, 100) for rate in row if rate.trials]
                    for name, row in rates.items()
                },
            )
        ],
        claims=_claims(rates),
        sheets={
            f"{artist} erased and asked for": labelled(
                by_the_artist, [f"{row.prompt}, seed {row.seed}" for row in own.rows[-shown:]]
            ),
            f"{asked.explicit} erased, and not named": labelled(
                not_named, unnamed.prompts[:shown]
            ),
        },
    )  # fmt: skip


def _claims(rates: dict[str, list[Rate]]) -> list[Claim]:
    shown = rates["unedited"][3].value
    claims = []
    for name, row in rates.items():
        if name == "unedited":
            continue
        part = row[3].value / max(shown, 1e-9)
        if name.startswith("esd-x"):
            text, holds = "leaves appearances that are not named", part > REMOVED_BAR
        else:
            text, holds = "removes appearances that are not named", part <= REMOVED_BAR
        claims.append(Claim(f"{name} {text}", holds, f"{row[3]} against {100 * shown:.1f} %"))
    return claims
