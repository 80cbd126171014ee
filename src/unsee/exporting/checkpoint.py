"""The whole model as one file in the layout of the original Stable Diffusion.

to_checkpoint   write the file
original_unet   the weights of a U-Net as the file has them
original_vae    of a VAE
original_clip   of a text encoder by OpenAI: SD 1.x, and the first of SDXL
original_open_clip   of a text encoder by OpenCLIP: SD 2.x, and the second of SDXL

The parts and their places:

    U-Net           model.diffusion_model.
    VAE             first_stage_model.
    text encoder    cond_stage_model.transformer. in SD 1.x, cond_stage_model.model. in SD 2.x
    those of SDXL   conditioner.embedders.0.transformer. and conditioner.embedders.1.model.

The two kinds of text encoders tell themselves apart by their activation: OpenAI trained with an
approximation of GELU, OpenCLIP with GELU itself.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from unsee.errors import CheckpointError, OutputError, option
from unsee.exporting.names import unet_names, vae_names
from unsee.exporting.source import (
    Export,
    base_of,
    erased_unet,
    part_files,
    parts,
    read_tensors,
    write_tensors,
)
from unsee.loading import Model
from unsee.weights.erased import ErasedWeights

Tensors = dict[str, Tensor]

_OPEN_CLIP = {
    "embeddings.token_embedding.weight": "token_embedding.weight",
    "embeddings.position_embedding.weight": "positional_embedding",
    "final_layer_norm.weight": "ln_final.weight",
    "final_layer_norm.bias": "ln_final.bias",
}
_OPEN_CLIP_LAYER = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "self_attn.out_proj": "attn.out_proj",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
}


def to_checkpoint(
    erased: ErasedWeights, model: Model, path: str | Path, *, overwrite: bool = False
) -> Export:
    """Write U-Net, VAE and text encoders into one file, in the precision that `model` is in.

    A base that is a single file itself is copied, with the erased weights in their places.

    Raises:
        WrongBaseError: `model` is not the one that the erasure was made from.
        CheckpointError: the model has weights that the original layout has no place for.
        OutputError: the file exists, or cannot be written.
    """
    path = Path(path)
    base = base_of(model)
    if path.resolve() == base.resolve():
        raise OutputError(f"{path} is the base model itself; choose another name")
    unet = _under("model.diffusion_model.", original_unet(erased_unet(erased, model)))
    others = _of_file(base, model.dtype) if base.is_file() else _of_folder(base, model.dtype)
    write_tensors({**others, **unet}, path, erased, overwrite=overwrite)
    return Export(path)


def original_unet(tensors: Mapping[str, Tensor]) -> Tensors:
    """Rename the weights of a U-Net; the values are the same."""
    return {original: tensors[name] for name, original in unet_names(tensors).items()}


def original_vae(tensors: Mapping[str, Tensor]) -> Tensors:
    """Rename the weights of a VAE.

    Its attention is linear layers (out, in) here and 1x1 convolutions (out, in, 1, 1) there.
    """
    renamed = {original: tensors[name] for name, original in vae_names(tensors).items()}
    return {
        name: tensor[:, :, None, None] if ".attn_1." in name and tensor.dim() == 2 else tensor
        for name, tensor in renamed.items()
    }


def original_clip(tensors: Mapping[str, Tensor]) -> Tensors:
    """Rename the weights of OpenAI's text encoder."""
    return _under("text_model.", _bare(tensors))


def original_open_clip(tensors: Mapping[str, Tensor]) -> Tensors:
    """Rename and join the weights of OpenCLIP's text encoder.

    Queries, keys and values of a layer are three matrices (width, width) here and one of shape
    (3 width, width) there; the last projection is a linear layer's weight (out, in) here and a
    matrix (in, out) there.
    """
    tensors = _bare(tensors)
    state: Tensors = {}
    for name, tensor in tensors.items():
        if name == "text_projection.weight":
            state["text_projection"] = tensor.T.contiguous()
        elif name in _OPEN_CLIP:
            state[_OPEN_CLIP[name]] = tensor
        else:
            place, joined = _open_clip_place(name)
            state[place] = torch.cat([tensors[one] for one in joined]) if joined else tensor
    return state


def _open_clip_place(name: str) -> tuple[str, tuple[str, ...]]:
    """Find where a weight of a layer belongs, and which weights stand there joined, if several."""
    before, _, inside = name.removeprefix("encoder.layers.").partition(".")
    layer, _, kind = inside.rpartition(".")
    place = f"transformer.resblocks.{before}"
    if layer in _OPEN_CLIP_LAYER:
        return f"{place}.{_OPEN_CLIP_LAYER[layer]}.{kind}", ()
    if layer in {f"self_attn.{one}_proj" for one in "qkv"}:
        own = f"encoder.layers.{before}.self_attn"
        return f"{place}.attn.in_proj_{kind}", tuple(f"{own}.{one}_proj.{kind}" for one in "qkv")
    raise CheckpointError(
        f"the original Stable Diffusion layout has no place for {name} of the text encoder; "
        f"export with {option('to')} diffusers or {option('to')} lora"
    )


def _of_file(base: Path, dtype: torch.dtype) -> Tensors:
    """Read a single file, but for a second U-Net: some have its running average, not erased."""
    tensors = read_tensors([base], dtype)
    return {name: tensor for name, tensor in tensors.items() if not name.startswith("model_ema.")}


def _of_folder(base: Path, dtype: torch.dtype) -> Tensors:
    """Read what is not the U-Net of a folder in the diffusers format."""
    tensors = _under("first_stage_model.", original_vae(_part(base, "vae", dtype)))
    several = "text_encoder_2" in parts(base)
    for number, part in enumerate(("text_encoder", "text_encoder_2")[: 1 + several]):
        place = f"conditioner.embedders.{number}" if several else "cond_stage_model"
        own = _part(base, part, dtype)
        config = json.loads((base / part / "config.json").read_text(encoding="utf-8"))
        # Where a config leaves it out, it is OpenAI's.
        if config.get("hidden_act", "quick_gelu") == "quick_gelu":
            tensors |= _under(f"{place}.transformer.", original_clip(own))
        else:
            tensors |= _under(f"{place}.model.", original_open_clip(own))
    return tensors


def _part(base: Path, part: str, dtype: torch.dtype) -> Tensors:
    """Read the weights of a part; integers, such as the positions of tokens, are no weights."""
    tensors = read_tensors(part_files(base, part), dtype)
    return {name: tensor for name, tensor in tensors.items() if tensor.is_floating_point()}


def _bare(tensors: Mapping[str, Tensor]) -> Tensors:
    """Take off the prefix that some versions of transformers write."""
    return {name.removeprefix("text_model."): tensor for name, tensor in tensors.items()}


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> Tensors:
    return {prefix + name: tensor.contiguous() for name, tensor in tensors.items()}
