"""Stage seven of the recipe: the decoder alone, sharpened on the latents that the denoiser draws.

`DecoderStage`  the losses of the VAE stage, from the latents that are there already

The encoder stays as it is, so this can be made longer at any time. A little noise on the latents
prepares the decoder for the small errors of latents that were drawn and not encoded.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor

from unsee.emoji.fit import bfloat16
from unsee.emoji.pixels import tensor_to_pictures, tile
from unsee.emoji.train_decoder import NOISE
from unsee.emoji.train_vae import edge_distance
from unsee.emoji2.latents import Latents
from unsee.emoji2.theatre import Theatre, render

if TYPE_CHECKING:
    from diffusers import AutoencoderKL


class DecoderStage:
    """Learn to draw pictures from latents, sharper than the VAE stage had time for."""

    name = "decoder"

    def __init__(
        self, vae: AutoencoderKL, theatre: Theatre, latents: Latents | None = None
    ) -> None:
        self.vae = vae
        self.modules = {"decoder": vae.decoder, "post_quant_conv": vae.post_quant_conv}
        self._theatre = theatre
        self._latents = latents or Latents([], torch.empty(0))

    def loss(self, chance: random.Random, batch: int) -> dict[str, Tensor]:
        """Distances between pictures and what is drawn from their latents."""
        chosen = [chance.randrange(len(self._latents.scenes)) for _ in range(batch)]
        x = render(self._theatre, [self._latents.scenes[i] for i in chosen])
        z = self._latents.x_0[chosen].float()
        with bfloat16():
            y = self.vae.decode(z + NOISE * torch.randn_like(z)).sample
        y = y.float()
        return {"pixels": (y - x).abs().mean(), "edges": edge_distance(y, x)}

    @torch.no_grad()
    def sheet(self) -> Image.Image:
        """Two rows: pictures, and what is drawn from their latents."""
        x = render(self._theatre, self._latents.scenes[:12])
        y = self.vae.decode(self._latents.x_0[:12].float()).sample
        return tile(tensor_to_pictures(torch.cat([x, y])), columns=12)
