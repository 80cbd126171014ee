"""The Stable Diffusion models that come as single files, in the settings of diffusers.

ARCHITECTURES   name -> what such a file does not say about itself
Architecture    write: the folder of configs that diffusers reads beside the file

Numbers are those of the published models; what is not said here is the default of the class.
"""

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import diffusers

from unsee.loading.folder import INDEX

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Architecture:
    """A model without its weights."""

    title: str
    kind: str
    """Its pipeline class in diffusers."""
    configs: Mapping[str, tuple[str, Config]]
    """Name of a part -> its class and its settings."""
    padding: Mapping[str, str | None]
    """Name of a tokenizer -> the token that it fills prompts up with; None is the end token."""

    def write(self, folder: Path) -> None:
        """Write the configs, as a diffusers folder that lacks weights and tokenizers."""
        index: dict[str, Any] = {"_class_name": self.kind}
        for part, (kind, config) in self.configs.items():
            library = "transformers" if kind.startswith("CLIP") else "diffusers"
            index[part] = [library, kind]
            (folder / part).mkdir()
            if library == "diffusers":
                # The conversion reads the settings here, and knows no defaults.
                usual = inspect.signature(getattr(diffusers, kind)).parameters.values()
                defaults = {one.name: one.default for one in usual if one.default is not one.empty}
                config = {"_class_name": kind, **defaults, **config}
            name = "scheduler_config.json" if part == "scheduler" else "config.json"
            (folder / part / name).write_text(json.dumps(config), encoding="utf-8")
        index |= {part: ["transformers", "CLIPTokenizer"] for part in self.padding}
        (folder / INDEX).write_text(json.dumps(index), encoding="utf-8")

    def predicting_v(self, **scheduler: Any) -> "Architecture":
        """Return the same architecture for v-prediction, with other `scheduler` settings."""
        kind, config = self.configs["scheduler"]
        config = {**config, "prediction_type": "v_prediction", **scheduler}
        return replace(
            self,
            title=f"{self.title} with v-prediction",
            configs={**self.configs, "scheduler": (kind, config)},
        )


_NOISE: Config = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "num_train_timesteps": 1000,
    "steps_offset": 1,
    "timestep_spacing": "leading",
}
_PNDM = ("PNDMScheduler", {**_NOISE, "skip_prk_steps": True, "set_alpha_to_one": False})
_DDIM = ("DDIMScheduler", {**_NOISE, "clip_sample": False, "set_alpha_to_one": False})
_EULER = ("EulerDiscreteScheduler", _NOISE)

_WORDS: Config = {
    "vocab_size": 49408,
    "max_position_embeddings": 77,
    "bos_token_id": 49406,
    "eos_token_id": 49407,
    "pad_token_id": 1,
}
_VIT_L: Config = {
    **_WORDS,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "projection_dim": 768,
    "hidden_act": "quick_gelu",
}
_VIT_H: Config = {
    **_WORDS,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    # Of 24: Stable Diffusion 2 reads the last layer but one.
    "num_hidden_layers": 23,
    "num_attention_heads": 16,
    "projection_dim": 1024,
    "hidden_act": "gelu",
}
_VIT_BIG_G: Config = {
    **_WORDS,
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "projection_dim": 1280,
    "hidden_act": "gelu",
}


def _unet(pixels: int, **settings: Any) -> tuple[str, Config]:
    return "UNet2DConditionModel", {"sample_size": pixels // 8, **settings}


def _vae(pixels: int, **settings: Any) -> tuple[str, Config]:
    widths = [128, 256, 512, 512]
    blocks: Config = {
        "block_out_channels": widths,
        "down_block_types": ["DownEncoderBlock2D"] * len(widths),
        "up_block_types": ["UpDecoderBlock2D"] * len(widths),
        "layers_per_block": 2,
    }
    return "AutoencoderKL", {**blocks, "sample_size": pixels, **settings}


_SD1 = Architecture(
    "Stable Diffusion 1",
    "StableDiffusionPipeline",
    {
        "unet": _unet(512, cross_attention_dim=768, attention_head_dim=8),
        "vae": _vae(512),
        "text_encoder": ("CLIPTextModel", _VIT_L),
        "scheduler": _PNDM,
    },
    {"tokenizer": None},
)
_SD2_UNET: Config = {
    "cross_attention_dim": 1024,
    "attention_head_dim": [5, 10, 20, 20],
    "use_linear_projection": True,
}
_SD2 = Architecture(
    "Stable Diffusion 2 for 512 pixels",
    "StableDiffusionPipeline",
    {
        "unet": _unet(512, **_SD2_UNET),
        "vae": _vae(512),
        "text_encoder": ("CLIPTextModel", _VIT_H),
        "scheduler": _PNDM,
    },
    {"tokenizer": "!"},
)
_SD2_V = replace(
    _SD2,
    title="Stable Diffusion 2 for 768 pixels",
    configs={
        **_SD2.configs,
        # Version 2.1 attends in fp32.
        "unet": _unet(768, **_SD2_UNET, upcast_attention=True),
        "vae": _vae(768),
        "scheduler": _DDIM,
    },
).predicting_v()
_XL = Architecture(
    "Stable Diffusion XL",
    "StableDiffusionXLPipeline",
    {
        "unet": _unet(
            1024,
            block_out_channels=[320, 640, 1280],
            down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
            up_block_types=["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
            transformer_layers_per_block=[1, 2, 10],
            attention_head_dim=[5, 10, 20],
            cross_attention_dim=2048,
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=256,
            # The pooled prompt, and 256 numbers for each of the six that describe the size.
            projection_class_embeddings_input_dim=1280 + 6 * 256,
        ),
        "vae": _vae(1024, scaling_factor=0.13025, force_upcast=True),
        "text_encoder": ("CLIPTextModel", _VIT_L),
        "text_encoder_2": ("CLIPTextModelWithProjection", _VIT_BIG_G),
        "scheduler": _EULER,
    },
    {"tokenizer": None, "tokenizer_2": "!"},
)

ARCHITECTURES = {
    "sd1": _SD1,
    "sd1-v": _SD1.predicting_v(),
    "sd2": _SD2,
    "sd2-v": _SD2_V,
    "sdxl": _XL,
    "sdxl-v": _XL.predicting_v(),
}
