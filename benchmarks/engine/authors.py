"""Run the public script of the authors of ESD, as it is, on another model and resolution.

    python benchmarks/engine/authors.py CLONE MODEL CONCEPT --method esd-x --steps 20 --pixels 64

CLONE is a clone of github.com/rohitgandikota/erasing at 25613d2. Of its text, three constants are
replaced when it is run: the model, the resolution, which it has at 1024, and the device.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel  # noqa: F401
from meter import Meter

SCRIPT = "esd_sd.py"


def main() -> None:
    """Run it and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clone", type=Path)
    parser.add_argument("model")
    parser.add_argument("concept")
    parser.add_argument("--method", default="esd-x")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--pixels", type=int, default=64)
    parser.add_argument("--lr", type=float, default=5e-5)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()

    text = (chosen.clone / SCRIPT).read_text()
    for old, new in (
        ('"CompVis/stable-diffusion-v1-4"', repr(chosen.model)),
        ("height=width=1024", f"height=width={chosen.pixels}"),
    ):
        if old not in text:
            raise SystemExit(f"{SCRIPT} does not say {old}: is {chosen.clone} at 25613d2?")
        text = text.replace(old, new)
    os.chdir(chosen.clone)
    sys.path.insert(0, ".")
    torch.manual_seed(chosen.seed)
    meter = Meter()
    with tempfile.TemporaryDirectory() as out:
        sys.argv = [
            SCRIPT, "--erase_concept", chosen.concept, "--train_method", chosen.method,
            "--iterations", str(chosen.steps), "--device", "cpu", "--save_path", f"{out}/",
            "--lr", str(chosen.lr),
        ]  # fmt: skip
        names: dict[str, Any] = {"__name__": "__main__", "__file__": SCRIPT}
        # The clock starts with the first iteration: their loop is the only user of range(steps).
        code = text.replace("pbar = tqdm(range", "_METER.start()\n    pbar = tqdm(range")
        names["_METER"] = meter
        exec(compile(code, SCRIPT, "exec"), names)
        size = sum(path.stat().st_size for path in Path(out).glob("*.safetensors"))
    meter.report(chosen.steps, file_bytes=size)


if __name__ == "__main__":
    main()
