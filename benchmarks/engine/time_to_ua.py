"""How long until a style is gone: recipe `fast` against recipe `paper`, on `emoji`.

    python benchmarks/engine/time_to_ua.py [--targets 2] [--out FILE]

Styles are drawn by lot. Both recipes get the same eta and the learning rate that `emoji` is erased
with, since at 1e-5 a model of this size does not move in a thousand steps; all else is theirs. UA
and IRA are taken at the same steps of one run, and the clock stands still meanwhile. Compared is
the time to the highest UA that both recipes reach.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch

import unsee
from unsee.benchmarks.canvas import Canvas, Target, draw_targets, look, retention
from unsee.concepts import Concept
from unsee.emoji.evaluators import load_judge
from unsee.files import writing
from unsee.hashing import fingerprints
from unsee.training import Training
from unsee.weights import ErasedWeights, Recipe

STEPS = (12, 25, 50, 100, 200, 400)
SETTINGS: dict[str, Any] = {"eta": 3.0, "lr": 1e-3, "steps": STEPS[-1]}


def curve(recipe: str, target: Target, model: Any, judge: Any) -> list[dict[str, float]]:
    """Erase by a recipe; returns seconds, UA and IRA after some of the steps."""
    config = unsee.EraseConfig.from_recipe(recipe, **SETTINGS)
    concept = Concept(target.phrase)
    own, whole = Canvas.of(target), Canvas.whole()
    own = own[torch.arange(len(own)) % 2 == 0]
    kept = whole[(whole.objects % 8 == 1) & ~whole.shows(target)]
    made = Recipe(
        base=model.name,
        base_fingerprints=fingerprints(model.network.state_dict()),
        concepts=(concept,),
        config=json.loads(json.dumps(vars(config))),
        versions={},
    )
    points = []
    seconds, began = 0.0, time.monotonic()
    with Training(model, [concept], config) as training:
        while training.step < config.steps:
            training.advance()
            if training.step not in STEPS:
                continue
            seconds += time.monotonic() - began
            with ErasedWeights(training.result(), made).applied(model):
                gone = retention(own, look(model, own, judge), target)
                left = retention(kept, look(model, kept, judge), target)
            points.append(
                {
                    "step": training.step,
                    "seconds": round(seconds, 2),
                    "ua": gone.ua.value,
                    "ira": left.ira.value,
                }
            )
            sys.stdout.write(f"{recipe} {target.name}: {points[-1]}\n")
            sys.stdout.flush()
            began = time.monotonic()
    return points


def main() -> None:
    """Draw both curves for each target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=2)
    parser.add_argument(
        "--out", type=Path, default=Path("benchmarks/results/engine/time-to-ua.json")
    )
    chosen = parser.parse_args()
    model, judge = unsee.load("emoji"), load_judge()
    rows = []
    for target in draw_targets(chosen.targets, 0):
        curves = {recipe: curve(recipe, target, model, judge) for recipe in ("paper", "fast")}
        reached = min(max(point["ua"] for point in points) for points in curves.values())
        took = {
            recipe: next(point["seconds"] for point in points if point["ua"] >= reached)
            for recipe, points in curves.items()
        }
        ratio = took["paper"] / took["fast"]
        rows.append(
            {"target": target.name, "ua": reached, "ratio": ratio, "seconds": took, **curves}
        )
        sys.stdout.write(f"{target.name}: UA {100 * reached:.0f} %, {ratio:.1f} times faster\n")
    with writing(chosen.out, overwrite=True) as temporary:
        temporary.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
