"""The names of the original Stable Diffusion layout: the published ones, and one to one."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
)
from torch import Tensor

from unsee.errors import CheckpointError
from unsee.exporting.checkpoint import original_open_clip, original_vae
from unsee.exporting.names import unet_names, vae_names


def sd1_unet() -> UNet2DConditionModel:
    with torch.device("meta"):
        return UNet2DConditionModel(cross_attention_dim=768)


def xl_unet() -> UNet2DConditionModel:
    with torch.device("meta"):
        return UNet2DConditionModel(
            cross_attention_dim=2048,
            use_linear_projection=True,
            sample_size=128,
            block_out_channels=(320, 640, 1280),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            transformer_layers_per_block=(1, 2, 10),
            attention_head_dim=(5, 10, 20),
            addition_embed_type="text_time",
            addition_time_embed_dim=256,
            projection_class_embeddings_input_dim=2816,
        )


SD1 = {
    "conv_in.weight": "input_blocks.0.0.weight",
    "time_embedding.linear_1.bias": "time_embed.0.bias",
    "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": (
        "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
    ),
    "down_blocks.0.downsamplers.0.conv.weight": "input_blocks.3.0.op.weight",
    "down_blocks.1.resnets.0.conv_shortcut.weight": "input_blocks.4.0.skip_connection.weight",
    "down_blocks.2.attentions.1.proj_in.weight": "input_blocks.8.1.proj_in.weight",
    "down_blocks.3.resnets.1.time_emb_proj.weight": "input_blocks.11.0.emb_layers.1.weight",
    "mid_block.resnets.0.norm1.weight": "middle_block.0.in_layers.0.weight",
    "mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj.weight": (
        "middle_block.1.transformer_blocks.0.ff.net.0.proj.weight"
    ),
    "mid_block.resnets.1.conv2.bias": "middle_block.2.out_layers.3.bias",
    "up_blocks.0.upsamplers.0.conv.weight": "output_blocks.2.1.conv.weight",
    "up_blocks.1.upsamplers.0.conv.weight": "output_blocks.5.2.conv.weight",
    "up_blocks.3.resnets.2.conv1.weight": "output_blocks.11.0.in_layers.2.weight",
    "up_blocks.3.attentions.2.transformer_blocks.0.attn1.to_out.0.bias": (
        "output_blocks.11.1.transformer_blocks.0.attn1.to_out.0.bias"
    ),
    "conv_norm_out.weight": "out.0.weight",
    "conv_out.weight": "out.2.weight",
}
XL = {
    "add_embedding.linear_2.weight": "label_emb.0.2.weight",
    "down_blocks.1.attentions.0.proj_in.weight": "input_blocks.4.1.proj_in.weight",
    "down_blocks.2.attentions.1.transformer_blocks.9.attn2.to_v.weight": (
        "input_blocks.8.1.transformer_blocks.9.attn2.to_v.weight"
    ),
    "up_blocks.0.upsamplers.0.conv.weight": "output_blocks.2.2.conv.weight",
    "up_blocks.2.resnets.2.conv_shortcut.weight": "output_blocks.8.0.skip_connection.weight",
}


@pytest.mark.parametrize(
    ("make", "count", "published"), [(sd1_unet, 686, SD1), (xl_unet, 1680, XL)]
)
def test_the_full_size_networks_get_their_published_names(
    make: Callable[[], Any], count: int, published: dict[str, str]
):
    unet = make()
    names = unet_names(unet.state_dict())
    assert len(names) == len(set(names.values())) == count
    assert published.items() <= names.items()
    # And diffusers, reading them back, finds each where it was.
    original = {f"model.diffusion_model.{place}": name for name, place in names.items()}
    back = convert_ldm_unet_checkpoint(original, unet.config)
    assert back == {name: name for name in names}


def test_the_full_size_vae_gets_its_published_names():
    with torch.device("meta"):
        vae = AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            layers_per_block=2,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
        )
    names = vae_names(vae.state_dict())
    assert len(names) == len(set(names.values())) == 248
    expected = {
        "encoder.down_blocks.1.resnets.0.conv_shortcut.weight": (
            "encoder.down.1.block.0.nin_shortcut.weight"
        ),
        "decoder.up_blocks.0.upsamplers.0.conv.bias": "decoder.up.3.upsample.conv.bias",
        "decoder.mid_block.attentions.0.to_out.0.weight": "decoder.mid.attn_1.proj_out.weight",
    }
    assert expected.items() <= names.items()
    tensors = vae.state_dict()
    originals = original_vae(tensors)
    assert originals["encoder.mid.attn_1.q.weight"].shape == (512, 512, 1, 1)
    back = convert_ldm_vae_checkpoint(
        {f"first_stage_model.{name}": tensor for name, tensor in originals.items()}, vae.config
    )
    assert {name: tensor.shape for name, tensor in back.items()} == {
        name: tensor.shape for name, tensor in tensors.items()
    }


def test_a_vae_of_an_old_folder_gets_the_same_names():
    new = [f"encoder.mid_block.attentions.0.{name}.weight" for name in ("to_q", "to_out.0")]
    old = [f"encoder.mid_block.attentions.0.{name}.weight" for name in ("query", "proj_attn")]
    assert list(vae_names(new).values()) == list(vae_names(old).values())


def test_open_clip_has_queries_keys_and_values_in_one():
    q, k, v = (torch.full((2, 2), float(number)) for number in range(3))
    layer = "text_model.encoder.layers.4"
    tensors: dict[str, Tensor] = {
        f"{layer}.self_attn.q_proj.weight": q,
        f"{layer}.self_attn.k_proj.weight": k,
        f"{layer}.self_attn.v_proj.weight": v,
        f"{layer}.mlp.fc1.bias": q[0],
        "text_projection.weight": torch.arange(6.0).reshape(2, 3),
    }
    made = original_open_clip(tensors)
    assert made.keys() == {
        "transformer.resblocks.4.attn.in_proj_weight",
        "transformer.resblocks.4.mlp.c_fc.bias",
        "text_projection",
    }
    joined = made["transformer.resblocks.4.attn.in_proj_weight"]
    assert torch.equal(joined, torch.cat([q, k, v]))
    assert made["text_projection"].shape == (3, 2)


@pytest.mark.parametrize(
    "name", ["class_embedding.weight", "down_blocks.0.attentions.0.group_norm.weight"]
)
def test_a_network_that_the_original_cannot_describe_is_refused(name: str):
    with pytest.raises(CheckpointError, match=f"no place for {name}; export with to diffusers"):
        unet_names(["conv_in.weight", name])
    with pytest.raises(CheckpointError, match="no place for encoder.layers.0.x of the text"):
        original_open_clip({"encoder.layers.0.x": torch.zeros(1)})
