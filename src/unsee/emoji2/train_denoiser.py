"""Stage six of the recipe: the U-Net, on the frozen text tower.

`DenoiserStage`  mean squared error of the velocity at uniformly drawn timesteps
`sample`         latents of prompts, drawn as the model is best sampled
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor

from unsee.emoji.fit import bfloat16
from unsee.emoji.model import GUIDANCE, STEPS, new_scheduler
from unsee.emoji.pixels import tensor_to_pictures, tile
from unsee.emoji2 import cast
from unsee.emoji2.captions import caption, is_dropped
from unsee.emoji2.latents import Latents
from unsee.emoji2.model import LATENT_CHANNELS, LATENT_SIZE, new_unet, read_prompts
from unsee.emoji2.realms import TOWN, WORKS
from unsee.emoji2.settings import held_out_settings
from unsee.sampling.guidance import classifier_free_guidance

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

SHEET_OBJECTS = ("cat", "church", "fish", "guitar", "radio", "hammer")


class DenoiserStage:
    """Learn to predict the velocity v = alpha_t eps - sigma_t x_0 under a caption."""

    name = "denoiser"

    def __init__(
        self,
        vae: AutoencoderKL,
        tokenizer: CLIPTokenizer,
        text_encoder: CLIPTextModel | CLIPTextModelWithProjection,
        latents: Latents | None = None,
    ) -> None:
        self.vae = vae.requires_grad_(False)
        self.tokenizer = tokenizer
        self.text_encoder = text_encoder.requires_grad_(False).eval()
        # Convolutions on the CPU are a tenth faster in this layout.
        self.unet = new_unet().to(memory_format=torch.channels_last)
        self.scheduler = new_scheduler()
        self.modules = {"unet": self.unet}
        self._latents = latents or Latents([], torch.empty(0))

    def loss(self, chance: random.Random, batch: int) -> dict[str, Tensor]:
        """Mean squared error of v, at one timestep per picture."""
        scenes = self._latents.scenes
        chosen = [chance.randrange(len(scenes)) for _ in range(batch)]
        captions = [
            "" if is_dropped(scenes[i], chance) else caption(scenes[i], chance) for i in chosen
        ]
        x_0 = self._latents.x_0[chosen].float().to(memory_format=torch.channels_last)
        eps = torch.randn_like(x_0)
        t = torch.randint(self.scheduler.config.num_train_timesteps, (batch,))
        x_t = self.scheduler.add_noise(x_0, eps, t)
        v = self.scheduler.get_velocity(x_0, eps, t)
        with bfloat16():
            with torch.no_grad():
                hidden = read_prompts(self.tokenizer, self.text_encoder, captions)
            v_hat = self.unet(x_t, t, hidden).sample
        return {"v": (v_hat.float() - v).square().mean()}

    @torch.no_grad()
    def sheet(self) -> Image.Image:
        """Rows: artists; columns: six objects, held-out settings that call and others. Then
        artworks and marks, and the empty prompt."""
        settings = [
            held_out_settings(realm, calls=calls)
            for realm in (TOWN, WORKS)
            for calls in (True, False)
        ]
        prompts = []
        for row, artist in enumerate(cast.ARTIST_NAMES):
            style = f" in the style of {artist}"
            prompts += [name + style for name in SHEET_OBJECTS]
            for column, kind in enumerate((0, 0, 0, 1, 1, 1, 2, 3)):
                # Neighbours in the list are much alike: seven on is another place.
                setting = settings[kind][7 * (8 * row + column) % len(settings[kind])].phrase()
                name = cast.OBJECT_NAMES[(11 * row + 5 * column) % len(cast.OBJECTS)]
                prompts.append(f"{name}{style} {setting}")
        prompts += [*cast.ARTWORK_TITLES, *(mark.names[0] for mark in cast.MARKS.values())]
        prompts += ["a cat and a dog", "a hammer next to a church"] + [""] * 6
        latents = sample(self.unet, self.tokenizer, self.text_encoder, prompts)
        return tile(tensor_to_pictures(self.vae.decode(latents).sample), columns=14)


@torch.no_grad()
def sample(
    unet: UNet2DConditionModel,
    tokenizer: CLIPTokenizer,
    text_encoder: CLIPTextModel | CLIPTextModelWithProjection,
    prompts: Sequence[str],
    *,
    guidance: float = GUIDANCE,
    seed: int = 0,
    x: Tensor | None = None,
    first: int = 0,
) -> Tensor:
    """(n, channels, 8, 8) latents of prompts; `x`, noised for step `first` of all, goes on."""
    scheduler = new_scheduler()
    scheduler.set_timesteps(STEPS)
    if x is None:
        generator = torch.Generator().manual_seed(seed)
        shape = (len(prompts), LATENT_CHANNELS, LATENT_SIZE, LATENT_SIZE)
        x = torch.randn(shape, generator=generator)
    hidden = read_prompts(tokenizer, text_encoder, prompts)
    null = read_prompts(tokenizer, text_encoder, [""]).expand_as(hidden)
    for t in scheduler.timesteps[first:]:
        v_c, v_null = unet(torch.cat([x, x]), t, torch.cat([hidden, null])).sample.chunk(2)
        v = classifier_free_guidance(v_null, v_c, guidance)
        x = scheduler.step(v, t, x).prev_sample
    assert x is not None
    return x
