"""The checkpoint `emoji`: where it lies, what it is built of, how it is written.

`folder`            the shipped checkpoint, in the Stable Diffusion folder format
`has_shape_of`      whether latents are of its shape: an edited or a copied emoji
`new_vae`, `new_unet`, `new_text_encoder`   untrained parts of the shipped sizes
`new_tokenizer`     a CLIP tokenizer in which every caption word is one token
`new_scheduler`     the noise schedule it is trained and sampled with
`save`              the parts as one folder that StableDiffusionPipeline loads

64 x 64 pixels, 8 x 8 latents of 16 channels, v-prediction, Stable Diffusion's own betas.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from unsee.emoji.scenes import SIZE
from unsee.emoji.tokens import END_OF_WORD, learn_merges

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

LATENT_CHANNELS = 16
LATENT_SIZE = SIZE // 8
TEXT_WIDTH = 128
MAX_TOKENS = 32
STEPS, GUIDANCE = 20, 3.0
"""How it is best sampled; `unsee.json` says so beside what other programs read."""


def folder() -> Path:
    """The checkpoint that ships with unsee; any diffusers program can load it."""
    return Path(__file__).parent / "weights" / "model"


def has_shape_of(latents: tuple[int, int, int]) -> bool:
    """Whether a model with latents of this shape is `emoji`, or was made from it."""
    return latents == (LATENT_CHANNELS, LATENT_SIZE, LATENT_SIZE)


@dataclass
class Parts:
    """What a Stable Diffusion checkpoint consists of."""

    vae: AutoencoderKL
    unet: UNet2DConditionModel
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer
    scheduler: DDIMScheduler


def new_vae() -> AutoencoderKL:
    """1.7 M parameters. Half of the cost of a call lies in the layers at full resolution."""
    from diffusers import AutoencoderKL

    widths = (16, 32, 64, 96)
    return AutoencoderKL(
        sample_size=SIZE,
        block_out_channels=widths,
        down_block_types=("DownEncoderBlock2D",) * len(widths),
        up_block_types=("UpDecoderBlock2D",) * len(widths),
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=8,
    )


def new_unet() -> UNet2DConditionModel:
    """Two levels, 8 x 8 and 4 x 4, with self- and cross-attention everywhere."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=LATENT_SIZE,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=(96, 192),
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
    )


def new_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """A CLIP text model of two layers, trained together with the U-Net."""
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=TEXT_WIDTH,
            intermediate_size=4 * TEXT_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=MAX_TOKENS,
            projection_dim=TEXT_WIDTH,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def new_tokenizer() -> CLIPTokenizer:
    """Byte-pair encoding learned from the captions until each of their words is one token.

    Other words are spelled in smaller pieces, down to single bytes, so that no prompt is lost.
    """
    from tokenizers import pre_tokenizers
    from transformers import CLIPTokenizer

    merges = learn_merges()
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [
        *letters,
        *(letter + END_OF_WORD for letter in letters),
        *("".join(pair) for pair in merges),
        "<|startoftext|>",
        "<|endoftext|>",
    ]
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    return CLIPTokenizer(vocab=vocabulary, merges=list(merges), model_max_length=MAX_TOKENS)


def new_scheduler() -> DDIMScheduler:
    """Stable Diffusion's betas; v-prediction, because few steps then start well from pure noise."""
    from diffusers import DDIMScheduler

    return DDIMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=False,
    )


def save(parts: Parts, target: Path) -> None:
    """Write a folder that `StableDiffusionPipeline.from_pretrained` loads, fp16 where it can be."""
    import torch
    from diffusers import StableDiffusionPipeline

    with warnings.catch_warnings():
        # The missing safety checker is the point: there is nothing unsafe to find here.
        warnings.simplefilter("ignore")
        pipeline = StableDiffusionPipeline(
            **vars(parts),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    # The text encoder stays in fp32: transformers loads what a file holds, diffusers loads fp32.
    for part in (parts.vae, parts.unet):
        part.to(dtype=torch.float16, memory_format=torch.contiguous_format)
    pipeline.save_pretrained(target, safe_serialization=True)
    _prefix(target / "text_encoder" / "model.safetensors")
    _save_tokens(target / "tokenizer")
    defaults = {"steps": STEPS, "guidance": GUIDANCE, "recipe": "emoji"}
    (target / "unsee.json").write_text(json.dumps(defaults) + "\n")


def _prefix(path: Path) -> None:
    """Name the text encoder's weights as every version of transformers does; 5 leaves this out."""
    from safetensors.torch import load_file, save_file

    named = {f"text_model.{k.removeprefix('text_model.')}": v for k, v in load_file(path).items()}
    save_file(named, path, metadata={"format": "pt"})


def _save_tokens(target: Path) -> None:
    """The two files that programs older than `tokenizer.json` read."""
    model = json.loads((target / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    vocabulary = json.dumps(model["vocab"], ensure_ascii=False)
    (target / "vocab.json").write_text(vocabulary + "\n", encoding="utf-8")
    merges = ["#version: 0.2", *(" ".join(pair) for pair in model["merges"])]
    (target / "merges.txt").write_text("\n".join(merges) + "\n", encoding="utf-8")
