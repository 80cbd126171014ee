"""Rows, time, memory and file size of an erasure, beside the authors' script on the same machine.

    python benchmarks/engine/compare.py CLONE WORK [--only NAME...] [--out FOLDER]

CLONE is a clone of github.com/rohitgandikota/erasing at 25613d2; the full-size checkpoint on random
weights is made in WORK. Every run is a process of its own, one after the other, and both programs
compute in bfloat16, as theirs does. Each comparison prints its ratios and writes a JSON file.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from checkpoint import make

from unsee.emoji import model
from unsee.running.files import writing

HERE = Path(__file__).parent
STYLE = "in the style of twemoji"
SAME = ["sampler=model", "sampler_steps=50", "batch=1", "rollouts=8"]
"""Settings for equal work: their sampler, its number of steps, and one latent a step."""
ONE = ["batch=1", "rollouts=1"]
"""One trajectory at a time, as theirs."""

EMOJI = {"model": str(model.folder()), "pixels": 64, "concept": STYLE}
FULL = {"model": "WORK", "pixels": 128, "concept": "dog"}
RUNS: dict[str, dict[str, Any]] = {
    # Time at equal gradient steps.
    "emoji": {**EMOJI, "method": "esd-x", "steps": 200, "ours": SAME},
    "emoji-solver": {**EMOJI, "method": "esd-x", "steps": 200, "ours": ["batch=1"]},
    "sd14": {**FULL, "method": "esd-x", "steps": 40, "ours": SAME},
    # Memory does not depend on how many steps there are.
    "memory-esd-x": {**FULL, "method": "esd-x", "steps": 2, "ours": ONE},
    "memory-lora": {**FULL, "method": "esd-x", "steps": 2, "ours": [*ONE, "lora_rank=4"]},
    "memory-esd-u": {**FULL, "method": "esd-u", "steps": 2, "ours": [*ONE, "precision=bf16"]},
}  # fmt: skip


def _run(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    record: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return record


def compare(name: str, clone: Path, work: Path) -> dict[str, Any]:
    """Run both programs; returns what they spent and the ratios, theirs to ours."""
    run = RUNS[name]
    place, steps = run["model"], str(run["steps"])
    if place == "WORK":
        place = str(work)
        make(work, run["pixels"])
    theirs = _run(
        str(HERE / "authors.py"), str(clone), place, run["concept"], "--method", run["method"],
        "--steps", steps, "--pixels", str(run["pixels"]),
    )  # fmt: skip
    settings = [f"method={run['method']}", f"steps={steps}", *run["ours"]]
    flags = [word for setting in settings for word in ("--set", setting)]
    ours = _run(str(HERE / "ours.py"), place, run["concept"], "--recipe", "fast", *flags)
    weights = sum(path.stat().st_size for path in Path(place).rglob("*.safetensors"))
    return {
        "comparison": name,
        "method": run["method"],
        "steps": run["steps"],
        "pixels": run["pixels"],
        "settings": run["ours"],
        "rows_per_step_ratio": theirs["rows_per_step"] / ours["rows_per_step"],
        "time_ratio": theirs["seconds"] / ours["seconds"],
        "memory_part": ours["peak_bytes_above_imports"] / theirs["peak_bytes_above_imports"],
        "file_part_of_the_model": ours["file_bytes"] / weights,
        "theirs": theirs,
        "ours": ours,
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
        },
    }


def main() -> None:
    """Run the comparisons that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clone", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--only", nargs="+", choices=RUNS, default=list(RUNS))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/engine"))
    chosen = parser.parse_args()
    for name in chosen.only:
        record = compare(name, chosen.clone.resolve(), chosen.work.resolve())
        with writing(chosen.out / f"{name}.json", overwrite=True) as temporary:
            temporary.write_text(json.dumps(record, indent=1) + "\n")
        sys.stdout.write(
            f"{name}: {record['rows_per_step_ratio']:.1f}x fewer rows, "
            f"{record['time_ratio']:.1f}x faster, {record['memory_part']:.2f} of the memory, "
            f"file {100 * record['file_part_of_the_model']:.1f} % of the model\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
