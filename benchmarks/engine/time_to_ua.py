"""How long until a concept is gone, and what is kept: recipe `fast` against recipe `paper`.

    python benchmarks/engine/time_to_ua.py [--only NAME ...] [--seeds 5] [--out FOLDER]

On `emoji`, for three styles and three objects that a lot drew. Each recipe is as it ships, but
both get eta 3 and the learning rate that this model needs: at 1e-5 one of its size does not move
in a thousand steps, so both rates are taken a hundred times (thirty times for esd-u), which keeps
their ratio. UA, IRA and CRA are taken on the way of one run, and the clock, that of the
processor, stands still meanwhile. Compared are the times to the highest UA that both recipes
reach, and the best points of both. A curve that is there is not measured again.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from curves import measured, spread

import unsee
from unsee.benchmarks.canvas.canvas import Target, draw_targets
from unsee.emoji.evaluators import load_judge
from unsee.running.files import writing

STEPS = {"paper": (6, 12, 25, 50, 100, 200), "fast": (3, 6, 12, 25, 50, 100)}
"""Gradient steps after which is measured."""
END = {"paper": 200, "fast": 50}
"""The whole erasure: as 1000 to 250, which the recipes have. What comes later only counts for the
curve."""
TIMES = {"artist": ("esd-x", 100.0), "object": ("esd-u", 30.0)}
"""The paper's method for the kind of concept, and what the recipe's learning rate is taken by."""
ETA = 3.0


def curve(recipe: str, target: Target, seed: int, model: Any, judge: Any) -> list[dict[str, Any]]:
    """Erase by a recipe; returns seconds, UA, IRA and CRA after some of the steps."""
    method, times = TIMES[target.kind]
    settings: dict[str, Any] = {"method": method, "eta": ETA, "seed": seed, "rollout_seed": seed}
    rate = unsee.EraseConfig.from_recipe(recipe, method=method).lr
    config = unsee.EraseConfig.from_recipe(
        recipe, **settings, lr=rate * times, steps=STEPS[recipe][-1]
    )
    return measured(config, target, STEPS[recipe], model, judge)


def summary(rows: list[dict[str, Any]]) -> str:
    """Lay out what the curves say: a line per concept, then the means."""
    measures = ("UA", "IRA", "CRA")
    heads = ["concept", "UA both reach", "seconds, paper", "fast", "ratio"]
    heads += [f"{measure}, {recipe}" for measure in measures for recipe in ("paper", "fast")]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    pairs: dict[str, list[dict[str, dict[str, Any]]]] = {}
    for row in rows:
        both = {other["recipe"]: other for other in rows if _same(row, other)}
        if row["recipe"] == "fast" and "paper" in both:
            pairs.setdefault(row["target"], []).append(both)
    everything = [pair for each in pairs.values() for pair in each]
    for name, chosen in [*pairs.items(), ("**all**", everything)]:
        reached = [_to_the_same_ua(pair) for pair in chosen]
        cells = [spread([100 * ua for ua, _, _ in reached])]
        cells += [f"{statistics.mean(took[place] for took in reached):.1f}" for place in (1, 2)]
        ratio = sum(paper for _, paper, _ in reached) / sum(fast for _, _, fast in reached)
        cells.append(f"{ratio:.1f}")
        for measure in ("ua", "ira", "cra"):
            for recipe in ("paper", "fast"):
                ends = [_at_the_end(pair[recipe]) for pair in chosen]
                cells.append(spread([100 * end[measure] for end in ends]))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _same(row: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(row[key] == other[key] for key in ("target", "seed"))


def _to_the_same_ua(pair: dict[str, dict[str, Any]]) -> tuple[float, float, float]:
    """The highest UA that both curves reach, and the seconds until each does."""
    reached = min(max(point["ua"] for point in row["points"]) for row in pair.values())
    paper, fast = (
        next(point["seconds"] for point in pair[recipe]["points"] if point["ua"] >= reached)
        for recipe in ("paper", "fast")
    )
    return reached, paper, fast


def _at_the_end(row: dict[str, Any]) -> dict[str, Any]:
    points: list[dict[str, Any]] = row["points"]
    return next(point for point in points if point["step"] == END[row["recipe"]])


def main() -> None:
    """Draw both curves for each concept and seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", help="concepts; without it, those of the lot")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/engine/time-to-ua"))
    chosen = parser.parse_args()
    model, judge = unsee.load("emoji"), load_judge()
    targets = [Target.named(name) for name in chosen.only or ()] or draw_targets(3, 3)
    for target in targets:
        for seed in range(chosen.seeds):
            for recipe in ("fast", "paper"):
                path = chosen.out / f"{target.name}-{recipe}-{seed}.json"
                if path.exists():
                    continue
                points = curve(recipe, target, seed, model, judge)
                row = {"target": target.name, "seed": seed, "recipe": recipe, "points": points}
                with writing(path) as temporary:
                    temporary.write_text(json.dumps(row) + "\n")
    rows = [json.loads(path.read_text()) for path in sorted(chosen.out.glob("*.json"))]
    table = summary(rows)
    with writing(chosen.out / "table.md", overwrite=True) as temporary:
        temporary.write_text(table)
    sys.stdout.write(table)


if __name__ == "__main__":
    main()
