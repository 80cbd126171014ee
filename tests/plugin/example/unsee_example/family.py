"""A family: checkpoints of Stable Diffusion that call their pipeline ExamplePipeline."""

from dataclasses import replace

from unsee.loading.families import FAMILIES

EXAMPLE = replace(FAMILIES.get("StableDiffusionPipeline"), help="Stable Diffusion by another name")
