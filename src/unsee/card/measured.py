"""Results that belong into a card, as tables.

Measured   one result: its text and the figure beside it
measured   a folder of results and a recipe -> what was measured on the same base

Two kinds are read. An experiment (`result.json`) erases anew, with settings of its own: the card
says so, and how near its erasures are to this one (likeness.py). A canvas (`rows.jsonl`) keeps the
settings of every row: only rows of this very erasure are taken.
Every number is copied from the result as it stands there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unsee.benchmarks.canvas.canvas import Target
from unsee.benchmarks.canvas.table import ROWS, read_rows
from unsee.benchmarks.canvas.table import table as canvas_table
from unsee.benchmarks.outcome import FIGURE, RESULT, Claim, Outcome
from unsee.card.likeness import Likeness, likeness, plainly_named
from unsee.card.markdown import code, plain, table
from unsee.erasing.methods.registry import as_written_now
from unsee.errors import CheckpointError, OptionError, UnknownName, option
from unsee.running.fingerprints import PREFIX
from unsee.weights.provenance import Provenance

TOLD = ("seed", "steps", "lr", "batch")
"""Settings of an experiment that a card names, where they are not the recipe's."""


@dataclass(frozen=True)
class Measured:
    """One result in a card."""

    name: str
    """Of its folder."""
    title: str
    text: str
    """Markdown: what was measured, and a table."""
    own: bool
    """Whether it is of this concept, erased by this method with these settings."""
    about: str = "this concept"
    """Whose numbers these are, for a heading."""
    figure: Path | None = None
    """Its plots."""


def measured(folder: Path, recipe: Provenance) -> list[Measured]:
    """Read the result in `folder`, or those in the folders in it, as far as they are of this base.

    Those of this concept come first.

    Raises:
        CheckpointError: a result is damaged, or there is none at all.
        OptionError: there are results, but none of this base or of this erasure.
    """
    places = [folder, *sorted(path for path in folder.glob("*") if path.is_dir())]
    places = [place for place in places if (place / RESULT).exists() or (place / ROWS).exists()]
    if not places:
        raise CheckpointError(
            f"{folder} holds no results; name the folder of one, or leave {option('results')} away"
        )
    found = [one for place in places for one in _of(place, recipe)]
    if not found and any(_of_other_format(place, recipe) for place in places):
        raise OptionError(
            f"the results in {folder} and the erased file are of different versions of unsee, "
            "which call one model by different fingerprints; erase or measure again, "
            f"or leave {option('results')} away"
        )
    if not found:
        raise OptionError(
            f"no result in {folder} was measured on {recipe.base!r}; measure there with "
            f"`unsee bench`, or leave {option('results')} away"
        )
    return sorted(found, key=lambda one: not one.own)


def _of(place: Path, recipe: Provenance) -> Iterator[Measured]:
    name = place.resolve().name
    # Of a canvas, the rows say more of one erasure than its means do.
    if (place / RESULT).exists() and not (place / ROWS).exists():
        outcome = Outcome.read(place)
        if _same_base(outcome, recipe):
            figure = place / FIGURE
            like = likeness(outcome, recipe)
            yield Measured(
                name,
                outcome.title,
                _experiment(outcome, recipe, like),
                like.own,
                like.about,
                figure if figure.exists() else None,
            )
    if (place / ROWS).exists():
        rows = [row for row in read_rows(place) if _is_this(row, recipe)]
        if rows:
            yield Measured(name, "This erasure", _canvas(rows), own=True)


def _same_base(outcome: Outcome, recipe: Provenance) -> bool:
    fingerprint = outcome.settings.get("model fingerprint")
    if fingerprint is not None:
        return fingerprint in recipe.base_fingerprints
    # A model on disk goes by its name in a recipe, wherever it lies.
    return recipe.base in (outcome.model, Path(outcome.model).name)


def _of_other_format(place: Path, recipe: Provenance) -> bool:
    """Whether a result cannot be compared: one of both names its model by a sha256."""
    if not (place / RESULT).exists():
        return False
    fingerprint = str(Outcome.read(place).settings.get("model fingerprint", ""))
    kinds = {name.startswith(PREFIX) for name in (fingerprint, *recipe.base_fingerprints) if name}
    return len(kinds) == 2


def _experiment(outcome: Outcome, recipe: Provenance, like: Likeness) -> str:
    """Tell what was measured, then the table, claims and notes as the result has them."""
    base = code(recipe.base)
    settings = outcome.settings
    told = ", ".join(f"{name} {settings[name]}" for name in TOLD if name in settings)
    paragraphs = [
        f"Section {plain(outcome.section)} of the paper, on {base}"
        + (f" ({plain(told)}). " if told else ". ")
        + like.text,
        _table(outcome),
    ]
    if settings.get("quick"):
        paragraphs.insert(0, "**A quick run, to see that all works: its numbers mean little.**")
    if any("paper" in cell for cell in [*outcome.header, *(row[0] for row in outcome.rows)]):
        paragraphs.append("What is headed *paper* is as the paper reports it, of other models.")
    if outcome.claims:
        paragraphs.append("\n".join(map(_claim, outcome.claims)))
    paragraphs += [plain(note) for note in outcome.notes]
    if outcome.facts:
        facts = "\n".join(f"- {plain(what)}: {plain(who)}" for what, who in outcome.facts.items())
        paragraphs.append(f"What answered:\n\n{facts}")
    return "\n\n".join(paragraphs)


def _claim(claim: Claim) -> str:
    verdict = "holds" if claim.holds else "**does not hold**"
    return f"- {plain(claim.text)}: {verdict} ({plain(claim.numbers)})"


def _table(outcome: Outcome) -> str:
    """The cells are Markdown already; what is not is HTML."""
    header, *rows = (
        [cell.replace("<", "&lt;") for cell in line] for line in [outcome.header, *outcome.rows]
    )
    return table(header, rows)


def _canvas(rows: list[dict[str, Any]]) -> str:
    """The rows of this erasure; not those beside which a canvas puts them."""
    lines = canvas_table(rows).splitlines()
    return "\n".join(
        [
            *(re.sub("^### ", "", line) for line in lines if not line.startswith("| *")),
            "",
            (
                "Measured on an erasure of the same concept from the same weights with the same "
                "settings and seed. Per cent, as [UnlearnCanvas](https://arxiv.org/abs/2402.11846) "
                "counts: UA is the part of the pictures asked for with the concept that are not "
                "recognised as it; IRA the part of other styles (or objects) that still are; CRA "
                "the part of objects (or styles) that still are in the same pictures. In brackets: "
                "after IRA and CRA, as per cent of the unedited model's; after FID, the unedited "
                "model's. Prompts that the erasure was told are not counted."
            ),
        ]
    )


def _is_this(row: dict[str, Any], recipe: Provenance) -> bool:
    """Whether a row is of this very concept, base, settings and seed."""
    try:
        phrase = Target.named(row["target"]).phrase
    except (KeyError, UnknownName):
        return False
    return (
        plainly_named(recipe)
        and [phrase] == [concept.phrase for concept in recipe.concepts]
        and row.get("model") in recipe.base_fingerprints
        and as_written_now(row.get("config", {})) == as_written_now(recipe.config)
    )
