"""What a preservation set buys: IRA and CRA at equal UA, for several weights of it.

    python benchmarks/engine/preserve_curve.py [--seeds 2] [--out FOLDER]

Two styles and two objects of `emoji` that a lot drew, erased by `fast` with the learning rate that
this model needs (see time_to_ua.py). The preserved prompts are those of `bench canvas --preserve`:
a third of the objects; they are never asked for. A curve that is there is not measured again.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from curves import measured, spread

import unsee
from unsee.benchmarks.canvas.canvas import beside, draw_targets
from unsee.emoji.evaluators import load_judge
from unsee.running.files import writing

WEIGHTS = (0.0, 1.0, 3.0)
"""Of a preserved prompt in the loss, against 1 for the concept; 0 is no preservation."""
STEPS = (6, 25, 100, 200)
LATER = (400, 600)
"""Where a preserved prompt pulls back, it takes more steps to come as far."""
LEVELS = {"artist": (50.0, 60.0, 70.0), "object": (70.0, 80.0, 90.0)}
"""UA, per cent, at which IRA and CRA are compared."""
TIMES = {"artist": ("esd-x", 100.0), "object": ("esd-u", 30.0)}
ETA = 3.0


def at_ua(points: list[dict[str, Any]], level: float, measure: str) -> float | None:
    """A measure where a curve first crosses a UA, between the points beside it; None if never."""
    before = {"ua": 0.0, "ira": 1.0, "cra": 1.0}
    for point in points:
        if point["ua"] >= level:
            gap = point["ua"] - before["ua"]
            part = (level - before["ua"]) / gap if gap else 1.0
            return float(before[measure] + part * (point[measure] - before[measure]))
        before = point
    return None


def table(rows: list[dict[str, Any]]) -> str:
    """For each kind and UA, a line a weight: means over concepts and seeds."""
    lines = ["| | UA | weight | IRA | CRA | curves that reach it |", "|---|---|---|---|---|---|"]
    for kind, levels in LEVELS.items():
        chosen = [row for row in rows if row["kind"] == kind]
        for level in levels:
            # Only concepts and seeds that every weight erases so far: the same for all.
            reached = {
                (row["target"], row["seed"], row["weight"])
                for row in chosen
                if at_ua(row["points"], level / 100, "ira") is not None
            }
            runs = {(row["target"], row["seed"]) for row in chosen}
            common = {run for run in runs if all((*run, weight) in reached for weight in WEIGHTS)}
            for weight in WEIGHTS:
                same = [
                    row
                    for row in chosen
                    if row["weight"] == weight and (row["target"], row["seed"]) in common
                ]
                cells = [f"{kind}s", f"{level:.0f}", f"{weight:g}" if weight else "none"]
                for measure in ("ira", "cra"):
                    values = [at_ua(row["points"], level / 100, measure) for row in same]
                    known = [100 * value for value in values if value is not None]
                    cells.append(spread(known) if known else "")
                count = sum(1 for one in reached if one[2] == weight)
                cells.append(f"{count} of {len(runs)}, {len(common)} compared")
                lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def figure(rows: list[dict[str, Any]], path: Path) -> None:
    """UA against IRA and CRA: each curve a thin line, darker with the weight."""
    mpl.use("agg")
    from matplotlib import pyplot as plt

    shown, axes = plt.subplots(2, 2, figsize=(8, 7), sharex=True, sharey=True)
    colours = dict(zip(WEIGHTS, ("#b0b0b0", "#4f8fc0", "#0b2545"), strict=True))
    for line, kind in enumerate(LEVELS):
        for column, measure in enumerate(("ira", "cra")):
            axis = axes[line][column]
            for weight in WEIGHTS:
                same = [row for row in rows if (row["kind"], row["weight"]) == (kind, weight)]
                label = f"weight {weight:g}" if weight else "no preservation"
                for row in same:
                    axis.plot(
                        [100 * point["ua"] for point in row["points"]],
                        [100 * point[measure] for point in row["points"]],
                        color=colours[weight],
                        marker="o",
                        markersize=3,
                        linewidth=1,
                        label=label,
                    )
                    label = "_"
            axis.set_title(f"{kind}s")
            axis.set_xlabel("UA, %")
            axis.set_ylabel(f"{measure.upper()}, %")
            axis.grid(alpha=0.3)
    axes[0][0].legend(fontsize=8)
    shown.tight_layout()
    with writing(path, overwrite=True) as temporary:
        shown.savefig(temporary, format="png", dpi=90)


def main() -> None:
    """Measure what is missing, then lay it out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/engine/preserve"))
    chosen = parser.parse_args()
    model, judge = unsee.load("emoji"), load_judge()
    for target in draw_targets(2, 2):
        method, times = TIMES[target.kind]
        rate = unsee.EraseConfig.from_recipe("fast", method=method).lr
        for seed in range(chosen.seeds):
            for weight in WEIGHTS:
                path = chosen.out / f"{target.name}-{weight:g}-{seed}.json"
                if path.exists():
                    continue
                settings: dict[str, Any] = {"seed": seed, "rollout_seed": seed, "eta": ETA}
                if weight:
                    settings |= {"preserve": beside(target), "preserve_weight": weight}
                steps = STEPS + LATER if weight else STEPS
                config = unsee.EraseConfig.from_recipe(
                    "fast", method=method, lr=rate * times, steps=steps[-1], **settings
                )
                points = measured(config, target, steps, model, judge)
                row = {"target": target.name, "kind": target.kind, "seed": seed}
                row |= {"weight": weight, "points": points}
                with writing(path) as temporary:
                    temporary.write_text(json.dumps(row) + "\n")
    rows = [json.loads(path.read_text()) for path in sorted(chosen.out.glob("*.json"))]
    text = table(rows)
    with writing(chosen.out / "table.md", overwrite=True) as temporary:
        temporary.write_text(text)
    figure(rows, chosen.out / "curves.png")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
