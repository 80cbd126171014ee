"""What the weights of a diffusers model are called in the original Stable Diffusion layout.

unet_names   names of a U-Net's parameters -> their original names
vae_names    the same for a VAE

Both read the shape of the network off the names themselves: how many blocks it has, how many
layers each, which of them attend. So they serve every network that has the parts of an SD 1.x, 2.x
or XL model, of any size. A name that has no place there is an error, never left out.

The original U-Net numbers its blocks through. `input_blocks.0` is the first convolution; then each
layer of each level is a block, of a residual part 0 and an attention 1, and so is each
downsampling. On the way up, the upsampling of a level belongs to the block of its last layer.
"""

from collections.abc import Iterable, Mapping

from unsee.errors import CheckpointError, option

_UNET_ENDS = {
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    # SDXL: the pooled text and the sizes of the picture.
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}
_UNET_RESIDUAL = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
# The inside of a transformer is called the same in both.
_UNET_ATTENTION = {part: part for part in ("norm", "proj_in", "transformer_blocks", "proj_out")}

_VAE_ENDS = {"quant_conv": "quant_conv", "post_quant_conv": "post_quant_conv"}
_VAE_HALF_ENDS = {"conv_in": "conv_in", "conv_norm_out": "norm_out", "conv_out": "conv_out"}
_VAE_RESIDUAL = {
    "norm1": "norm1",
    "conv1": "conv1",
    "norm2": "norm2",
    "conv2": "conv2",
    "conv_shortcut": "nin_shortcut",
}
_VAE_ATTENTION = {
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
    # As folders from before 2023 have it.
    "query": "q",
    "key": "k",
    "value": "v",
    "proj_attn": "proj_out",
}


def unet_names(names: Iterable[str]) -> dict[str, str]:
    """Map each name of a U-Net's parameters to its original one, without the model's prefix."""
    names = list(names)
    places = dict(_UNET_ENDS)
    number = 1
    for block in range(_count(names, "down_blocks")):
        path = f"down_blocks.{block}"
        for layer in range(_count(names, f"{path}.resnets")):
            places |= _inside(f"{path}.resnets.{layer}", f"input_blocks.{number}.0", _UNET_RESIDUAL)
            places |= _inside(
                f"{path}.attentions.{layer}", f"input_blocks.{number}.1", _UNET_ATTENTION
            )
            number += 1
        places[f"{path}.downsamplers.0.conv"] = f"input_blocks.{number}.0.op"
        number += 1
    places |= _inside("mid_block.resnets.0", "middle_block.0", _UNET_RESIDUAL)
    places |= _inside("mid_block.attentions.0", "middle_block.1", _UNET_ATTENTION)
    places |= _inside("mid_block.resnets.1", "middle_block.2", _UNET_RESIDUAL)
    number = 0
    for block in range(_count(names, "up_blocks")):
        path = f"up_blocks.{block}"
        for layer in range(_count(names, f"{path}.resnets")):
            place = f"output_blocks.{number}"
            places |= _inside(f"{path}.resnets.{layer}", f"{place}.0", _UNET_RESIDUAL)
            places |= _inside(f"{path}.attentions.{layer}", f"{place}.1", _UNET_ATTENTION)
            # Behind the last layer of the level, so the last to write this stays.
            behind = 2 if _count(names, f"{path}.attentions") else 1
            places[f"{path}.upsamplers.0.conv"] = f"{place}.{behind}.conv"
            number += 1
    return _renamed(names, places)


def vae_names(names: Iterable[str]) -> dict[str, str]:
    """Map each name of a VAE's parameters to its original one, without the model's prefix."""
    names = list(names)
    places = dict(_VAE_ENDS)
    for half in ("encoder", "decoder"):
        places |= _inside(half, half, _VAE_HALF_ENDS)
        middle, place = f"{half}.mid_block", f"{half}.mid"
        places |= _inside(f"{middle}.resnets.0", f"{place}.block_1", _VAE_RESIDUAL)
        places |= _inside(f"{middle}.attentions.0", f"{place}.attn_1", _VAE_ATTENTION)
        places |= _inside(f"{middle}.resnets.1", f"{place}.block_2", _VAE_RESIDUAL)
    levels = _count(names, "decoder.up_blocks")
    for block in range(_count(names, "encoder.down_blocks")):
        path, place = f"encoder.down_blocks.{block}", f"encoder.down.{block}"
        places |= _vae_level(names, path, place)
        places[f"{path}.downsamplers.0.conv"] = f"{place}.downsample.conv"
    for block in range(levels):
        # The original counts the decoder's levels by their size, from the largest.
        path, place = f"decoder.up_blocks.{block}", f"decoder.up.{levels - 1 - block}"
        places |= _vae_level(names, path, place)
        places[f"{path}.upsamplers.0.conv"] = f"{place}.upsample.conv"
    return _renamed(names, places)


def _vae_level(names: list[str], path: str, place: str) -> dict[str, str]:
    places: dict[str, str] = {}
    for layer in range(_count(names, f"{path}.resnets")):
        places |= _inside(f"{path}.resnets.{layer}", f"{place}.block.{layer}", _VAE_RESIDUAL)
    return places


def _inside(path: str, place: str, table: Mapping[str, str]) -> dict[str, str]:
    return {f"{path}.{own}": f"{place}.{original}" for own, original in table.items()}


def _count(names: Iterable[str], path: str) -> int:
    """Count the numbered children of a module."""
    before = f"{path}."
    return len({name[len(before) :].split(".")[0] for name in names if name.startswith(before)})


def _renamed(names: Iterable[str], places: Mapping[str, str]) -> dict[str, str]:
    renamed: dict[str, str] = {}
    for name in names:
        parts = name.split(".")
        for end in range(len(parts) - 1, 0, -1):
            place = places.get(".".join(parts[:end]))
            if place is not None:
                renamed[name] = ".".join([place, *parts[end:]])
                break
        else:
            raise CheckpointError(
                f"the original Stable Diffusion layout has no place for {name}; "
                f"export with {option('to')} diffusers or {option('to')} lora"
            )
    if len(set(renamed.values())) != len(renamed):
        raise CheckpointError(
            "two weights of this model would get one name in the original Stable Diffusion "
            f"layout; export with {option('to')} diffusers or {option('to')} lora"
        )
    return renamed
