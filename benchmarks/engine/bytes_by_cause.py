"""What the memory of an erasure is made of, beside the least that each part could be.

    python benchmarks/engine/bytes_by_cause.py MODEL

Each erasure runs in a process of its own, two steps, in bfloat16. Tensors are counted by what holds
them; what is left of the peak, above the imports, is activations and the allocator's own.
Prints a table and writes benchmarks/results/engine/bytes-by-cause.json.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from meter import memory

import unsee
from unsee.erasing.lessons import lessons_of
from unsee.erasing.training import Training
from unsee.running.files import writing

RESULTS = Path(__file__).parent.parent / "results" / "engine"
RUNS: dict[str, dict[str, Any]] = {
    "esd-x": {"method": "esd-x"},
    "esd-x, LoRA of rank 4": {"method": "esd-x", "lora_rank": 4},
    "esd-u, bf16": {"method": "esd-u", "precision": "bf16"},
}
CAUSES = {
    "weights": "all weights of the model, once",
    "trained": "the trained weights or factors beside them",
    "adam": "the moments of Adam",
    "gradients": "gradients, at most at once",
    "latents": "latents and predictions in stock",
    "rest": "activations, and what the allocator keeps",
}


def _bytes(tensors: Iterable[torch.Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def measure(path: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Run two steps and count; bytes by cause, and the least they could be."""
    base = memory("VmRSS")
    model: Any = unsee.load(path, dtype=torch.bfloat16, device="cpu")
    config = unsee.EraseConfig.from_recipe("fast", steps=2, batch=1, rollouts=1, **settings)
    encoders = [encoder.network for encoder in model.text_encoders]
    parts = [model.network, *encoders, model.autoencoder.network]
    weights = _bytes(value for part in parts for value in part.parameters())
    with Training(model, lessons_of([unsee.Concept("dog")], config), config) as training:
        for _ in range(config.steps):
            training.advance()
        trained = list(training.learner.parameters.values())
        adam = _bytes(training.optimizer.state().values())
        held = [value.grad for value in trained if value.grad is not None]
        # With --precision bf16 each gradient is freed as soon as it was used.
        gradients = _bytes(held) or max(_bytes([value]) for value in trained)
        stock = training.stock.tensors().values()
        counted = {
            "weights": weights,
            "trained": _bytes(trained),
            "adam": adam,
            "gradients": gradients,
            "latents": _bytes(stock),
        }
    peak = memory("VmHWM") - base
    values = sum(value.numel() for value in trained)
    least = {
        "weights": weights,
        "trained": 2 * values,
        # A byte for each moment; one gradient at a time, in bfloat16.
        "adam": 2 * values,
        "gradients": 2 * max(value.numel() for value in trained),
    }
    return {"bytes": {**counted, "rest": peak - sum(counted.values())}, "least": least}


def main() -> None:
    """Measure each run in a process of its own, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.only:
        print(json.dumps(measure(chosen.model, RUNS[chosen.only])))  # noqa: T201
        return
    record = {}
    for name in RUNS:
        command = [sys.executable, __file__, chosen.model, "--only", name]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        record[name] = json.loads(done.stdout.splitlines()[-1])
    print(_table(record))  # noqa: T201
    with writing(RESULTS / "bytes-by-cause.json", overwrite=True) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n")


def _table(record: dict[str, Any]) -> str:
    lines = ["| MB (least) | " + " | ".join(record) + " |", "|---" * (1 + len(record)) + "|"]
    for cause, words in CAUSES.items():
        cells = []
        for one in record.values():
            cell = f"{one['bytes'][cause] / 1e6:,.0f}"
            if cause in one["least"]:
                cell += f" ({one['least'][cause] / 1e6:,.0f})"
            cells.append(cell)
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    totals = (f"{sum(one['bytes'].values()) / 1e6:,.0f}" for one in record.values())
    return "\n".join([*lines, "| at the peak | " + " | ".join(totals) + " |"])


if __name__ == "__main__":
    main()
