"""Single files in the layout of the original code, made of the parts of diffusers.

original   weights of the parts -> weights of the file
"""

from collections.abc import Callable

from torch import Tensor

from unsee.exporting.checkpoint import (
    original_clip,
    original_open_clip,
    original_unet,
    original_vae,
)

Encoder = tuple[str, Callable[[dict[str, Tensor]], dict[str, Tensor]]]
ENCODERS: dict[str, tuple[Encoder, ...]] = {
    "sd1": (("cond_stage_model.transformer.", original_clip),),
    "sd2": (("cond_stage_model.model.", original_open_clip),),
    "sdxl": (
        ("conditioner.embedders.0.transformer.", original_clip),
        ("conditioner.embedders.1.model.", original_open_clip),
    ),
}


def original(kind: str, parts: dict[str, dict[str, Tensor]]) -> dict[str, Tensor]:
    """Rename the weights of the parts of a model to those of a single file."""
    tensors = {f"model.diffusion_model.{k}": v for k, v in original_unet(parts["unet"]).items()}
    tensors |= {f"first_stage_model.{k}": v for k, v in original_vae(parts["vae"]).items()}
    for part, (prefix, rename) in zip(
        ("text_encoder", "text_encoder_2"), ENCODERS[kind], strict=False
    ):
        tensors |= {f"{prefix}{k}": v for k, v in rename(parts[part]).items()}
    return {name: tensor.contiguous() for name, tensor in tensors.items()}
