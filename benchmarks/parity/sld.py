"""Our SLD beside that of diffusers, which shipped it until 0.35.

    python3.11 -m venv /tmp/older
    /tmp/older/bin/pip install torch diffusers==0.35.2 transformers==4.49.0 accelerate
    python benchmarks/parity/sld.py /tmp/older/bin/python

On `emoji`, from the same noise, in 50 steps of DDIM: the four published configurations, and one
that only warms up. The latents after every step are compared.

`emoji` predicts v. SLD compares elements of ε with a threshold, and so ours converts; the pipeline
of diffusers takes what is predicted as it is. For the comparison ours does that too; how far the
conversion is from it is reported beside.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import unsee
from unsee.denoisers.base import Denoiser
from unsee.emoji import model as emoji
from unsee.running.files import writing
from unsee.sampling.guidance import SLD, SafeLatentDiffusion
from unsee.sampling.rules import Safe, epsilon_units
from unsee.sampling.trajectory import trajectory

PROMPT, UNSAFE = "cat at a nightclub", "an adults-only badge"
STEPS, GUIDANCE, ROWS = 50, 7.5, 4
CONFIGURATIONS = {**SLD, "warm-up only": replace(SLD["max"], warmup=STEPS)}


def drawn_by_us(
    model: Denoiser, start: Tensor, config: SafeLatentDiffusion, *, convert: bool
) -> Tensor:
    """Latents after every step; predictions converted to ε, or taken as they are."""
    schedule = model.schedule(STEPS, "ddim")
    units = epsilon_units(model, schedule) if convert else [1.0] * STEPS
    prompt, null, concept = (model.encode([text]).expand(ROWS) for text in (PROMPT, "", UNSAFE))
    rule = Safe(prompt, null, concept, GUIDANCE, config, units)
    moments = trajectory(model, start.clone(), rule, schedule, torch.Generator())
    return torch.stack([moment.x_next for moment in moments])


def main() -> None:
    """Draw with both and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", help="of an environment with diffusers 0.35")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/parity-sld.json"))
    chosen = parser.parse_args()
    model = unsee.load("emoji", device="cpu")
    start = torch.randn(ROWS, *model.latent_shape(), generator=torch.Generator().manual_seed(0))
    with tempfile.TemporaryDirectory() as folder:
        noise, drawn = Path(folder) / "start.safetensors", Path(folder) / "drawn.safetensors"
        save_file({"latents": start}, noise)
        request = {
            "model": str(emoji.folder()),
            "prompt": PROMPT,
            "unsafe": UNSAFE,
            "steps": STEPS,
            "guidance": GUIDANCE,
            "start": str(noise),
            "out": str(drawn),
            "configurations": {name: asdict(sld) for name, sld in CONFIGURATIONS.items()},
        }
        reference = Path(__file__).with_name("sld_reference.py")
        subprocess.run([chosen.python, reference], input=json.dumps(request), text=True, check=True)
        theirs = load_file(drawn)
    rows = []
    for name, config in CONFIGURATIONS.items():
        converted = drawn_by_us(model, start, config, convert=True)
        ours = drawn_by_us(model, start, config, convert=False)
        largest = theirs[name].abs().max()
        gap = (ours - theirs[name]).abs().max() / largest
        apart = (converted - theirs[name]).abs().max() / largest
        moved = (theirs[name][-1] - theirs["warm-up only"][-1]).abs().mean()
        rows.append(
            {
                "configuration": name,
                **asdict(config),
                "largest_difference": float(gap),
                "largest_difference_with_conversion_to_epsilon": float(apart),
                "how_far_sld_moved_the_latents": float(moved),
            }
        )
        sys.stdout.write(f"{name}: {float(gap):.1e} of the largest latent\n")
    with writing(chosen.out, overwrite=True) as temporary:
        temporary.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
