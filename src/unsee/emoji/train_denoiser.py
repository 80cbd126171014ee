"""Stage three of the recipe: the U-Net and its text encoder, trained together.

`DenoiserStage`  mean squared error of the velocity at uniformly drawn timesteps
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from unsee.emoji import cast
from unsee.emoji.captions import caption
from unsee.emoji.fit import bfloat16
from unsee.emoji.latents import Latents
from unsee.emoji.model import (
    GUIDANCE,
    LATENT_CHANNELS,
    LATENT_SIZE,
    STEPS,
    new_scheduler,
    new_text_encoder,
    new_tokenizer,
    new_unet,
)
from unsee.emoji.pixels import tensor_to_pictures, tile
from unsee.sampling.guidance import classifier_free_guidance

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

SHEET_OBJECTS = ("cat", "church", "fish", "car", "guitar", "radio", "fuel pump", "rose")


class DenoiserStage:
    """Learn to predict the velocity v = alpha_t eps - sigma_t x_0 under a caption."""

    name = "denoiser"

    def __init__(self, vae: AutoencoderKL, latents: Latents | None = None) -> None:
        self.vae = vae.requires_grad_(False)
        self.tokenizer = new_tokenizer()
        self.text_encoder = new_text_encoder(self.tokenizer)
        # Convolutions on the CPU are a tenth faster in this layout.
        self.unet = new_unet().to(memory_format=torch.channels_last)
        self.scheduler = new_scheduler()
        self.modules = {"unet": self.unet, "text_encoder": self.text_encoder}
        self._latents = latents or Latents([], torch.empty(0))

    def loss(self, chance: random.Random, batch: int) -> dict[str, Tensor]:
        """Mean squared error of v, at one timestep per picture."""
        chosen = [chance.randrange(len(self._latents.scenes)) for _ in range(batch)]
        captions = [caption(self._latents.scenes[i], chance) for i in chosen]
        x_0 = self._latents.x_0[chosen].float().to(memory_format=torch.channels_last)
        eps = torch.randn_like(x_0)
        t = torch.randint(self.scheduler.config.num_train_timesteps, (batch,))
        x_t = self.scheduler.add_noise(x_0, eps, t)
        v = self.scheduler.get_velocity(x_0, eps, t)
        with bfloat16():
            v_hat = self.unet(x_t, t, self._read(captions)).sample
        return {"v": (v_hat.float() - v).square().mean()}

    @torch.no_grad()
    def sheet(self) -> Image.Image:
        """Rows: artists. Columns: eight objects, then eight places. Last row: artworks."""
        prompts = []
        for row, artist in enumerate(cast.ARTIST_NAMES):
            style = f" in the style of {artist}"
            prompts += [name + style for name in SHEET_OBJECTS]
            for column, context in enumerate(cast.CONTEXT_PHRASES):
                name = cast.OBJECT_NAMES[(11 * row + 5 * column) % len(cast.OBJECTS)]
                prompts.append(f"{name}{style} {context}")
        prompts += [*cast.ARTWORK_TITLES, *cast.ARTIST_NAMES[:7]]
        return tile(self._draw(prompts), columns=16)

    def _draw(self, prompts: list[str]) -> NDArray[np.uint8]:
        scheduler = new_scheduler()
        scheduler.set_timesteps(STEPS)
        generator = torch.Generator().manual_seed(0)
        shape = (len(prompts), LATENT_CHANNELS, LATENT_SIZE, LATENT_SIZE)
        x = torch.randn(shape, generator=generator)
        hidden = torch.cat([self._read(prompts), self._read([""] * len(prompts))])
        for t in scheduler.timesteps:
            v_c, v_null = self.unet(torch.cat([x, x]), t, hidden).sample.chunk(2)
            v = classifier_free_guidance(v_null, v_c, GUIDANCE)
            x = scheduler.step(v, t, x).prev_sample
        return tensor_to_pictures(self.vae.decode(x / self.vae.config.scaling_factor).sample)

    def _read(self, prompts: list[str]) -> Tensor:
        tokens = self.tokenizer(prompts, padding="max_length", truncation=True, return_tensors="pt")
        hidden: Tensor = self.text_encoder(tokens.input_ids)[0]
        return hidden
