"""Does each memory-saving mode erase as well as fp32? On `emoji`, styles and objects by lot.

    python benchmarks/engine/modes.py [--targets 2] [--seeds 2] [--out FILE]

Rows that are in the file are not measured again. Everything is drawn in fp32, so that only the
training differs: in fp32; beside a model in bfloat16; in bfloat16 rounded at random; as low-rank
factors, which begin at nothing and may want a higher rate.
"""

import argparse
import itertools
import json
import sys
from pathlib import Path
from typing import Any

import torch
from curves import spread

import unsee
from unsee.benchmarks.canvas.canvas import (
    Canvas,
    Target,
    beside,
    draw_targets,
    look,
    retention,
    untrained,
)
from unsee.benchmarks.canvas.experiment import METHOD_FOR, RECIPE_FOR
from unsee.emoji.evaluators import load_judge
from unsee.running.files import writing

MODES: dict[str, tuple[torch.dtype, dict[str, Any]]] = {
    "fp32": (torch.float32, {}),
    "fp32 weights, model in bf16": (torch.bfloat16, {}),
    "bf16 rounded at random": (torch.bfloat16, {"precision": "bf16"}),
    "low-rank factors, rank 4": (torch.float32, {"lora_rank": 4}),
    "low-rank factors, rank 4, thirty times the rate": (torch.float32, {"lora_rank": 4}),
}
RAISED = ("object", "low-rank factors, rank 4, thirty times the rate", 30)
"""For esd-u the recipe's rate is that of whole weights, and too low for factors."""


def measured(
    models: dict[torch.dtype, Any], judge: Any, target: Target, seed: int, mode: str
) -> dict[str, Any]:
    """Erase a target in a mode; what the model in fp32 then draws."""
    dtype, settings = MODES[mode]
    recipe = RECIPE_FOR[target.kind]
    _, raised, times = RAISED
    if mode == raised:
        settings = {**settings, "lr": times * unsee.EraseConfig.from_recipe(recipe).lr}
    config = unsee.EraseConfig.from_recipe(
        recipe,
        method=METHOD_FOR[target.kind],
        preserve=beside(target),
        seed=seed,
        rollout_seed=seed,
        **settings,
    )
    erased = unsee.erase(models[dtype], target.phrase, config)
    drawing = models[torch.float32]
    whole, own = Canvas.whole(), Canvas.of(target)
    kept = whole[(whole.objects % 4 == 1) & ~whole.shows(target) & untrained(whole, target, config)]
    own = own[untrained(own, target, config)]
    with erased.applied(drawing):
        gone = retention(own, look(drawing, own, judge), target)
        left = retention(kept, look(drawing, kept, judge), target)
    return {"ua": gone.ua.value, "ira": left.ira.value, "cra": left.cra.value}


def table(rows: list[dict[str, Any]]) -> str:
    """A line for each kind and mode: means over targets and seeds."""
    lines = ["| | mode | UA | IRA | CRA |", "|---|---|---|---|---|"]
    for kind in METHOD_FOR:
        for mode in MODES:
            same = [row for row in rows if (row["kind"], row["mode"]) == (kind, mode)]
            if same:
                cells = [spread([100 * row[name] for row in same]) for name in ("ua", "ira", "cra")]
                lines.append(f"| {kind}s, {METHOD_FOR[kind]} | {mode} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure what is missing in the file, then lay it out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=2, help="of each kind")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/engine/modes.json"))
    chosen = parser.parse_args()
    judge = load_judge()
    models = {dtype: unsee.load("emoji", dtype=dtype) for dtype in (torch.float32, torch.bfloat16)}
    rows = json.loads(chosen.out.read_text()) if chosen.out.exists() else []
    done = {(row["target"], row["seed"], row["mode"]) for row in rows}
    for seed, target, mode in itertools.product(
        range(chosen.seeds), draw_targets(chosen.targets, chosen.targets), MODES
    ):
        if (target.name, seed, mode) in done or (mode == RAISED[1] and target.kind != RAISED[0]):
            continue
        row = {"target": target.name, "kind": target.kind, "seed": seed, "mode": mode}
        rows.append(row | measured(models, judge, target, seed, mode))
        with writing(chosen.out, overwrite=True) as temporary:
            temporary.write_text(json.dumps(rows, indent=1) + "\n")
        sys.stdout.write(json.dumps(rows[-1]) + "\n")
        sys.stdout.flush()
    sys.stdout.write(table(rows))


if __name__ == "__main__":
    main()
