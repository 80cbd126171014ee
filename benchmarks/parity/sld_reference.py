"""Run by benchmarks/parity/sld.py with an older diffusers: latents of its SLD pipeline.

Reads a JSON request on stdin and writes the latents after every step, a tensor per configuration.
"""

import json
import sys

import torch
from diffusers import DDIMScheduler, StableDiffusionPipelineSafe
from safetensors.torch import load_file, save_file


def main() -> None:
    """Draw the request."""
    request = json.load(sys.stdin)
    scheduler = DDIMScheduler.from_pretrained(request["model"], subfolder="scheduler")
    pipe = StableDiffusionPipelineSafe.from_pretrained(
        request["model"],
        scheduler=DDIMScheduler.from_config(scheduler.config, clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
    )
    pipe.safety_concept = request["unsafe"]
    start = load_file(request["start"])["latents"]
    drawn = {}
    for name, settings in request["configurations"].items():
        seen: list[torch.Tensor] = []
        pipe(
            [request["prompt"]] * len(start),
            num_inference_steps=request["steps"],
            guidance_scale=request["guidance"],
            latents=start.clone(),
            callback=lambda step, t, latents, seen=seen: seen.append(latents.clone()),
            sld_guidance_scale=settings["scale"],
            sld_warmup_steps=settings["warmup"],
            sld_threshold=settings["threshold"],
            sld_momentum_scale=settings["momentum_scale"],
            sld_mom_beta=settings["momentum_beta"],
        )
        drawn[name] = torch.stack(seen)
    save_file(drawn, request["out"])


if __name__ == "__main__":
    main()
