"""Concepts by lot, each erased with several seeds: what is gone and what is left on the canvas.

plan        every row's erasure and pictures, and the unedited model's
remaining   the same of the rows that rows.jsonl does not hold
read        rows.jsonl's rows and the new ones -> a table
"""

import json
from typing import TYPE_CHECKING, Any

from unsee.benchmarks.canvas.options import RECIPE_FOR, CanvasOptions
from unsee.benchmarks.canvas.table import ROWS, read_rows, row_key
from unsee.benchmarks.experiment import Experiment
from unsee.benchmarks.items import Item

if TYPE_CHECKING:
    from unsee.benchmarks.outcome import Outcome
    from unsee.benchmarks.runner import Results
    from unsee.benchmarks.worlds.world import World


def plan(world: "World", options: CanvasOptions) -> list[Item]:
    """All erasures and pictures."""
    from unsee.benchmarks.canvas.rows import rows_of

    return [item for row in rows_of(world, options) for item in row.items]


def remaining(world: "World", options: CanvasOptions) -> list[Item]:
    """Those of the rows that are not measured yet."""
    from unsee.benchmarks.canvas.rows import rows_of

    done = set(map(row_key, read_rows(options.out)))
    return [item for row in rows_of(world, options) if row.key not in done for item in row.items]


def read(world: "World", options: CanvasOptions, results: "Results") -> "Outcome":
    """Ask the judge about every picture; rows that are measured already stay as they are."""
    from unsee.benchmarks.canvas.outcome import canvas_outcome
    from unsee.benchmarks.canvas.rows import Reading, rows_of

    earlier = read_rows(options.out)
    known = {row_key(row): row for row in earlier}
    reading = Reading(results)
    measured: list[dict[str, Any]] = []
    for row in rows_of(world, options):
        if row.key not in known:
            known[row.key] = reading.measure(row)
            earlier.append(known[row.key])
        measured.append(known[row.key])
    outcome = canvas_outcome(measured, world.model_name, world.evaluators.facts)
    outcome.files[ROWS] = "".join(json.dumps(row) + "\n" for row in earlier)
    recipes = {f"{kind}s": recipe for kind, recipe in RECIPE_FOR.items()}
    outcome.settings["recipe"] = options.recipe or recipes
    return outcome


EXPERIMENT = Experiment(
    "canvas",
    "Erase artists and objects from emoji; measure what is gone and what is kept.",
    "",
    CanvasOptions,
    plan,
    read,
    remaining=remaining,
)
