"""Does each memory-saving mode erase as well as fp32? On `emoji`, styles by lot.

    python benchmarks/engine/modes.py [--targets 2] [--out FILE]

Everything is drawn in fp32, so that only the training differs: in fp32; beside a model in bfloat16;
in bfloat16 rounded at random; as low-rank factors.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

import unsee
from unsee.benchmarks.canvas import Canvas, beside, draw_targets, look, retention, untrained
from unsee.emoji.evaluators import load_judge
from unsee.files import writing

MODES: dict[str, tuple[torch.dtype, dict[str, Any]]] = {
    "fp32": (torch.float32, {}),
    "fp32 weights, model in bf16": (torch.bfloat16, {}),
    "bf16 rounded at random": (torch.bfloat16, {"precision": "bf16"}),
    "low-rank factors, rank 8": (torch.float32, {"lora_rank": 8}),
}


def main() -> None:
    """Measure each mode on each target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/engine/modes.json"))
    chosen = parser.parse_args()
    drawing, judge = unsee.load("emoji"), load_judge()
    models = {dtype: unsee.load("emoji", dtype=dtype) for dtype in (torch.float32, torch.bfloat16)}
    rows = []
    for target in draw_targets(chosen.targets, 0):
        for name, (dtype, settings) in MODES.items():
            config = unsee.EraseConfig.from_recipe(
                "emoji-style", preserve=beside(target), **settings
            )
            erased = unsee.erase(models[dtype], target.phrase, config)
            whole, own = Canvas.whole(), Canvas.of(target)
            kept = whole[(whole.objects % 4 == 1) & untrained(whole, target, config)]
            own = own[untrained(own, target, config)]
            with erased.applied(drawing):
                gone = retention(own, look(drawing, own, judge), target)
                left = retention(kept, look(drawing, kept, judge), target)
            row = {
                "target": target.name,
                "mode": name,
                "ua": gone.ua.value,
                "ira": left.ira.value,
                "cra": left.cra.value,
            }
            rows.append(row)
            sys.stdout.write(json.dumps(row) + "\n")
            sys.stdout.flush()
    with writing(chosen.out, overwrite=True) as temporary:
        temporary.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
