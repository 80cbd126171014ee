"""The families of models that unsee edits.

Checkpoint   the parts of a model, wherever they were read from
FAMILIES     pipeline class of a checkpoint -> the parts it has, and the denoiser that wraps them;
             other packages bring theirs by the entry point `unsee.families`
family       look one up
build        a checkpoint -> a model
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import diffusers
import torch
import transformers
from torch import nn

from unsee.denoisers.base import Defaults
from unsee.errors import CheckpointError
from unsee.families.unet import UNetDenoiser
from unsee.families.xl import XLDenoiser
from unsee.running.registry import Registry


@dataclass(frozen=True)
class Family:
    """What the checkpoints of one pipeline class hold."""

    denoiser: Callable[..., Any]
    """Makes a Denoiser; takes a name, the parts and settings by theirs, and `defaults`."""
    models: Mapping[str, Any]
    """The parts with weights, by their names in a folder -> their classes."""
    tokenizers: tuple[str, ...]
    help: str = ""
    """What people call these models."""
    settings: tuple[str, ...] = ()
    """Keys of model_index.json that the denoiser asks for, where they are there."""
    defaults: Defaults = field(default_factory=Defaults)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of all parts."""
        return (*self.models, *self.tokenizers, "scheduler")


@dataclass(frozen=True)
class Checkpoint:
    """A model in parts, on the CPU."""

    family: Family
    parts: Mapping[str, Any]
    """An object for each name of `family.parts`."""
    index: Mapping[str, Any]
    """What model_index.json says."""
    defaults: Defaults


_BUILT_IN = {
    "StableDiffusionPipeline": Family(
        UNetDenoiser,
        help="Stable Diffusion 1 and 2",
        models={
            "text_encoder": transformers.CLIPTextModel,
            "unet": diffusers.UNet2DConditionModel,
            "vae": diffusers.AutoencoderKL,
        },
        tokenizers=("tokenizer",),
    ),
    "StableDiffusionXLPipeline": Family(
        XLDenoiser,
        help="Stable Diffusion XL",
        models={
            "text_encoder": transformers.CLIPTextModel,
            "text_encoder_2": transformers.CLIPTextModelWithProjection,
            "unet": diffusers.UNet2DConditionModel,
            "vae": diffusers.AutoencoderKL,
        },
        tokenizers=("tokenizer", "tokenizer_2"),
        settings=("force_zeros_for_empty_prompt",),
        # As its pipeline in diffusers.
        defaults=Defaults(guidance=5.0),
    ),
}
FAMILIES: Registry[Family] = Registry("family", "unsee.families", _BUILT_IN, expects=Family)


def family(kind: object, name: str) -> Family:
    """Look up a pipeline class; a CheckpointError that lists what there is if it is not there."""
    if str(kind) not in FAMILIES:
        raise CheckpointError(
            f"{name} is a {kind}; unsee edits these so far: {', '.join(FAMILIES)}"
        )
    return FAMILIES.get(str(kind))


def build(name: str, checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> Any:
    """Put the parts onto the device and make a denoiser of them."""
    family = checkpoint.family
    parts = dict(checkpoint.parts)
    for part in family.models:
        own = dtype
        # Some autoencoders overflow in float16, and say so.
        if dtype == torch.float16 and getattr(parts[part].config, "force_upcast", False):
            own = torch.float32
        # Not the models' own `to`, which warns of parts that are to stay in fp32: none else is.
        parts[part] = nn.Module.to(parts[part], device, own)
    settings = {key: checkpoint.index[key] for key in family.settings if key in checkpoint.index}
    return family.denoiser(name, **parts, **settings, defaults=checkpoint.defaults)
