"""The checkpoint `emoji` 2: what it is built of.

`new_vae`, `new_unet`, `new_tower`   untrained parts of the shipped sizes
`new_tokenizer`                      a CLIP tokenizer in which every English word is one token
`tokenise`, `read_prompts`           prompts -> the tower's hidden states, which the U-Net reads
`System`, `save`                     the trained parts together, and as a folder
`with_projection`                    the tower of a folder, with its projection

128 x 128 pixels, 8 x 8 latents of 32 channels, v-prediction, Stable Diffusion's own betas (the
scheduler is that of `emoji` 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors.torch import load_file, save_file

from unsee.emoji.model import Parts, new_scheduler
from unsee.emoji.model import save as save_parts
from unsee.emoji.tokens import END_OF_WORD
from unsee.emoji2.scenes import SIZE
from unsee.emoji2.tokens import learn_merges

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from torch import Tensor
    from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

LATENT_CHANNELS = 32
LATENT_SIZE = SIZE // 16
TEXT_WIDTH = 192
PROJECTION = 128
MAX_TOKENS = 40


PROJECTION_FILE = "text_projection.safetensors"


@dataclass
class System:
    """The trained parts, as the recipe and the probes use them."""

    vae: AutoencoderKL
    unet: UNet2DConditionModel
    tower: CLIPTextModelWithProjection
    tokenizer: CLIPTokenizer


def new_vae() -> AutoencoderKL:
    """3.5 M parameters, a factor of 16. Most of a call's cost lies in the finest two levels."""
    from diffusers import AutoencoderKL

    widths = (16, 32, 64, 96, 128)
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
        block_out_channels=(128, 192),
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
    )


def new_tower(tokenizer: CLIPTokenizer) -> CLIPTextModelWithProjection:
    """A CLIP text tower of three layers; the projection serves its training and pooled text."""
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    return CLIPTextModelWithProjection(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=TEXT_WIDTH,
            intermediate_size=4 * TEXT_WIDTH,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=MAX_TOKENS,
            projection_dim=PROJECTION,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def new_tokenizer() -> CLIPTokenizer:
    """Byte-pair encoding learned from the captions until each of their English words is one token.

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


def tokenise(tokenizer: CLIPTokenizer, prompts: Sequence[str]) -> Tensor:
    """(n, MAX_TOKENS) token numbers, padded with the end token as Stable Diffusion's are."""
    tokens = tokenizer(
        list(prompts),
        padding="max_length",
        truncation=True,
        max_length=MAX_TOKENS,
        return_tensors="pt",
    )
    ids: Tensor = tokens.input_ids
    return ids


def read_prompts(
    tokenizer: CLIPTokenizer,
    text_encoder: CLIPTextModel | CLIPTextModelWithProjection,
    prompts: Sequence[str],
) -> Tensor:
    """(n, MAX_TOKENS, TEXT_WIDTH): what the U-Net's cross-attention sees of prompts."""
    hidden: Tensor = text_encoder(tokenise(tokenizer, prompts)).last_hidden_state
    return hidden


def save(system: System, target: Path) -> None:
    """Write a folder that `StableDiffusionPipeline.from_pretrained` loads, fp16 where it can be.

    The text encoder in it is the tower without its projection, which lies beside it in a file of
    its own: pipelines with pooled text make one of the two.
    """
    parts = Parts(
        system.vae, system.unet, system.tower.text_model, system.tokenizer, new_scheduler()
    )
    save_parts(parts, target)
    weight = system.tower.text_projection.weight.detach().contiguous()
    save_file({"text_projection.weight": weight}, target / PROJECTION_FILE)


def with_projection(folder: Path) -> CLIPTextModelWithProjection:
    """The text tower of a saved folder, with its projection."""
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    config = CLIPTextConfig.from_pretrained(folder / "text_encoder")
    tower = CLIPTextModelWithProjection(config)
    weights = load_file(folder / "text_encoder" / "model.safetensors")
    tower.load_state_dict({**weights, **load_file(folder / PROJECTION_FILE)})
    return tower.eval()
