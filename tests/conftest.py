"""Small real models for the tests.

tiny_folder             a Stable Diffusion 1 checkpoint of the real architecture, random weights
tiny_v_folder           a Stable Diffusion 2 checkpoint, which predicts v
tiny_xl_folder          a Stable Diffusion XL checkpoint, with two text encoders
tiny, tiny_v, tiny_xl   the three, loaded afresh for each test
quick_emoji             the embedded model, which draws in two steps
copy                    a copy of tiny_folder, to damage
cat                     an erased file of tiny_folder's model
here                    an empty folder to work in
"""

import os

# Before any import of huggingface_hub: no test may reach for the network.
os.environ["HF_HUB_OFFLINE"] = "1"

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    EulerDiscreteScheduler,
    PNDMScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
)

import unsee
from unsee.loading import Model, load

TOKENS = 16
"""Length of the tiny model's prompts: 14 tokens, a start and an end."""


NOISE = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion 1.x folder: PNDM as the original has it, epsilon-prediction."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    scheduler = PNDMScheduler(**NOISE, skip_prk_steps=True, steps_offset=1)
    _write_sd(folder, scheduler, _tokenizer())
    return folder


@pytest.fixture(scope="session")
def tiny_v_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion 2.x folder: DDIM, v-prediction, prompts padded with exclamation marks."""
    folder = tmp_path_factory.mktemp("models") / "tiny-v"
    scheduler = DDIMScheduler(
        **NOISE,
        clip_sample=False,
        steps_offset=1,
        prediction_type="v_prediction",
        timestep_spacing="trailing",
    )
    _write_sd(
        folder,
        scheduler,
        _tokenizer("!"),
        text={"hidden_act": "gelu"},
        unet={"use_linear_projection": True, "attention_head_dim": (2, 4)},
    )
    return folder


@pytest.fixture(scope="session")
def tiny_xl_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion XL folder: Euler, two text encoders of different widths."""
    folder = tmp_path_factory.mktemp("models") / "tiny-xl"
    tokenizer, tokenizer_2 = _tokenizer(), _tokenizer("!")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        StableDiffusionXLPipeline(
            text_encoder=_text_encoder(CLIPTextModel, tokenizer),
            text_encoder_2=_text_encoder(
                CLIPTextModelWithProjection,
                tokenizer_2,
                hidden_size=24,
                projection_dim=20,
                hidden_act="gelu",
            ),
            unet=_unet(
                cross_attention_dim=32 + 24,
                attention_head_dim=(2, 4),
                transformer_layers_per_block=(1, 2),
                use_linear_projection=True,
                addition_embed_type="text_time",
                addition_time_embed_dim=6,
                projection_class_embeddings_input_dim=20 + 6 * 6,
            ),
            vae=_vae(scaling_factor=0.13025),
            tokenizer=tokenizer,
            tokenizer_2=tokenizer_2,
            scheduler=EulerDiscreteScheduler(**NOISE, steps_offset=1, timestep_spacing="leading"),
            add_watermarker=False,
        ).save_pretrained(folder)
    return folder


@pytest.fixture
def one_thread() -> Iterator[None]:
    """For models this small, waiting for a second thread takes longer than the work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def tiny(tiny_folder: Path, one_thread: None) -> Model:
    return load(tiny_folder, device="cpu")


@pytest.fixture
def tiny_v(tiny_v_folder: Path, one_thread: None) -> Model:
    return load(tiny_v_folder, device="cpu")


@pytest.fixture
def tiny_xl(tiny_xl_folder: Path, one_thread: None) -> Model:
    return load(tiny_xl_folder, device="cpu")


@pytest.fixture(scope="session")
def quick_emoji() -> Model:
    """The embedded model, for what is asked about drawings and not how good they are."""
    model = load("emoji", device="cpu")
    model.defaults = replace(model.defaults, steps=2)
    return model


@pytest.fixture
def copy(tiny_folder: Path, tmp_path: Path) -> Path:
    """A Stable Diffusion 1.x folder to damage."""
    return shutil.copytree(tiny_folder, tmp_path / "copy")


@pytest.fixture(scope="session")
def cat(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An erased file of the tiny model, which lies in a folder of that name."""
    config = unsee.EraseConfig(steps=1, sampler_steps=2, source="original", preserve=("dog",))
    erased = unsee.erase(load(tiny_folder, device="cpu"), "cat", config)
    return erased.save(tmp_path_factory.mktemp("erased") / "cat.safetensors")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write_sd(
    folder: Path,
    scheduler: DDIMScheduler | PNDMScheduler,
    tokenizer: CLIPTokenizer,
    text: dict[str, Any] | None = None,
    unet: dict[str, Any] | None = None,
) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        StableDiffusionPipeline(
            text_encoder=_text_encoder(CLIPTextModel, tokenizer, **(text or {})),
            unet=_unet(**(unet or {})),
            vae=_vae(),
            tokenizer=tokenizer,
            scheduler=scheduler,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        ).save_pretrained(folder)


def _text_encoder(kind: Any, tokenizer: CLIPTokenizer, **settings: Any) -> Any:
    config = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 37,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": TOKENS,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    return kind(CLIPTextConfig(**{**config, **settings}))


def _unet(**settings: Any) -> UNet2DConditionModel:
    config = {
        "sample_size": 8,
        "block_out_channels": (8, 16),
        "layers_per_block": 1,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "cross_attention_dim": 32,
        "attention_head_dim": 2,
        "norm_num_groups": 4,
    }
    return UNet2DConditionModel(**{**config, **settings})


def _vae(**settings: Any) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4,
        norm_num_groups=4,
        **settings,
    )


def _tokenizer(pad: str | None = None) -> CLIPTokenizer:
    """Make a byte-pair tokenizer of the letters a to z: what else there is becomes nothing.

    It pads prompts with `pad`, or else with the token that ends them.
    """
    letters = "abcdefghijklmnopqrstuvwxyz"
    symbols = [*letters, *(letter + "</w>" for letter in letters)]
    merges = [("c", "a"), ("ca", "t</w>"), ("d", "o"), ("do", "g</w>")]
    symbols += [first + second for first, second in merges]
    symbols += ["!"] if pad else []
    symbols += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={symbol: number for number, symbol in enumerate(symbols)},
        merges=merges,
        model_max_length=TOKENS,
        **({"pad_token": pad} if pad else {}),
    )
