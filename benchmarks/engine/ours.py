"""Run an erasure of unsee, metered as the authors' script is.

python benchmarks/engine/ours.py MODEL CONCEPT --recipe fast --set steps=20 --dtype bfloat16
"""

import argparse
import tempfile
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel  # noqa: F401
from meter import Meter

import unsee


def main() -> None:
    """Run it and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("concept")
    parser.add_argument("--recipe", default="fast")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--dtype", default="bfloat16")
    chosen = parser.parse_args()

    settings = {}
    for pair in chosen.set:
        name, _, value = pair.partition("=")
        kind = type(getattr(unsee.EraseConfig(), name))
        settings[name] = kind(value)
    meter = Meter()
    model = unsee.load(chosen.model, dtype=getattr(torch, chosen.dtype), device="cpu")
    config = unsee.EraseConfig.from_recipe(chosen.recipe, **settings)
    meter.start()
    erased = unsee.erase(model, chosen.concept, config)
    with tempfile.TemporaryDirectory() as out:
        size = erased.save(Path(out) / "erased.safetensors").stat().st_size
    meter.report(config.steps, file_bytes=size)


if __name__ == "__main__":
    main()
