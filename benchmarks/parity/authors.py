"""Does one step of unsee equal one step of the authors' script, given their latent?

    python benchmarks/parity/authors.py CLONE [--out benchmarks/results/parity-authors.json]

CLONE is a clone of github.com/rohitgandikota/erasing at 25613d2. Its script runs on `emoji` for one
iteration, in fp32 instead of bfloat16; its latent, timestep, loss and weights after the step are
kept. Ours takes the latent and the timestep, and computes the rest with the parts that
`unsee.erase` is made of, with eta = negative_guidance - 1.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

import unsee
from unsee.concepts import Concept
from unsee.emoji import model
from unsee.erasing.adam import optimizer
from unsee.erasing.latents import predicted
from unsee.erasing.lessons import Lessons, lessons_of
from unsee.erasing.objective import erase_loss, erase_target
from unsee.erasing.student import student
from unsee.running.files import writing

CONCEPT = "in the style of twemoji"
METHODS = ("esd-x", "esd-x-strict", "esd-u")
LR = 5e-5


def theirs(clone: Path, method: str, guidance: float, seed: int) -> dict[str, Any]:
    """Run their script for one iteration; returns what it had in its hands."""
    text = (clone / "esd_sd.py").read_text()
    # Their script chooses timestep and seed by Python's `random`.
    for old, new in (
        ('"CompVis/stable-diffusion-v1-4"', repr(str(model.folder()))),
        ("height=width=1024", "height=width=64"),
        ("torch.bfloat16", "torch.float32"),
        ("        optimizer.step()", "        optimizer.step(); _KEEP(locals() | globals())"),
        ("    pbar = tqdm", f"    random.seed({seed})\n    pbar = tqdm"),
    ):
        if old not in text:
            raise SystemExit(f"esd_sd.py does not say {old!r}: is {clone} at 25613d2?")
        text = text.replace(old, new)
    kept: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as out:
        sys.argv = [
            "esd_sd.py", "--erase_concept", CONCEPT, "--train_method", method,
            "--iterations", "1", "--lr", str(LR), "--negative_guidance", str(guidance),
            "--device", "cpu", "--save_path", f"{out}/",
        ]  # fmt: skip
        names: dict[str, Any] = {"__name__": "__main__", "_KEEP": kept.update}
        exec(compile(text, "esd_sd.py", "exec"), names)
    values = zip(kept["esd_param_names"], kept["esd_params"], strict=True)
    return {
        "x_t": kept["xt"].detach(),
        "t": int(kept["run_till_timestep_scheduler"]),
        "loss": float(kept["loss"]),
        "weights": {name: value.detach() for name, value in values},
    }


def ours(method: str, eta: float, x_t: torch.Tensor, t: int) -> dict[str, Any]:
    """Make one step from the same latent."""
    base = unsee.load(device="cpu")
    config = unsee.EraseConfig(method=method, eta=eta, lr=LR, steps=1)
    lessons = Lessons.encode(base, lessons_of([Concept(CONCEPT)], config))
    lesson = torch.zeros(1, dtype=torch.int64)
    sample = predicted(base, lessons, lesson, x_t, torch.tensor([t]))
    learner = student(base, config)
    with learner.active():
        prediction = base.predict(sample.x_t, sample.t, lessons.prompts(lesson))
        target = erase_target(sample.eps_c, sample.eps_null, sample.eps_start, config.eta)
        loss = erase_loss(prediction, target)
        optimizer(learner.parameters, config.seed).descend(loss, config.lr)
    return {
        "loss": float(loss.detach()),
        "weights": {name: value.detach() for name, value in learner.parameters.items()},
    }


def compare(first: dict[str, Any], second: dict[str, Any]) -> dict[str, float]:
    """Differences, each beside the size of what differs."""
    base = dict(unsee.load(device="cpu").network.named_parameters())
    shared = first["weights"].keys() & second["weights"].keys()
    steps = [
        (first["weights"][name] - base[name], second["weights"][name] - base[name])
        for name in sorted(shared)
    ]
    one, two = (torch.cat([step[side].flatten() for step in steps]) for side in (0, 1))
    # Adam's first step is lr · sign(gradient): it flips where a gradient is zero but for rounding.
    return {
        "loss_theirs": first["loss"],
        "loss_ours": second["loss"],
        "loss_relative_difference": abs(first["loss"] - second["loss"]) / first["loss"],
        "parameters_theirs": sum(value.numel() for value in first["weights"].values()),
        "parameters_ours": sum(value.numel() for value in second["weights"].values()),
        "parameters_shared": len(one),
        "update_size": float(one.abs().mean()),
        "update_mean_difference": float((one - two).abs().mean()),
        "update_cosine": float(
            torch.nn.functional.cosine_similarity(one.double(), two.double(), dim=0)
        ),
        "updates_that_differ_by_a_tenth": float(((one - two).abs() > 0.1 * LR).float().mean()),
    }


def main() -> None:
    """Compare each method, at three timesteps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clone", type=Path)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/parity-authors.json"))
    chosen = parser.parse_args()
    out = chosen.out.resolve()
    os.chdir(chosen.clone)
    sys.path.insert(0, ".")
    rows = []
    for method in METHODS:
        for seed in range(3):
            first = theirs(Path(), method, guidance=2.0, seed=seed)
            second = ours(method, 1.0, first["x_t"], first["t"])
            row = {"method": method, "t": first["t"], **compare(first, second)}
            rows.append(row)
            sys.stdout.write(json.dumps(row) + "\n")
    with writing(out, overwrite=True) as temporary:
        temporary.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
