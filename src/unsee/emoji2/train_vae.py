"""Stage one of the recipe: the autoencoder whose latents everything else works on.

`VaeStage`   L1 on pixels and on their differences, and a small KL term

The L1 norm of neighbouring pixels' differences keeps edges: these drawings are flat areas with
sharp borders, and the borders tell one artist from another.
"""

from __future__ import annotations

import random

import torch
from PIL import Image
from torch import Tensor

from unsee.emoji.fit import bfloat16
from unsee.emoji.pixels import tensor_to_pictures, tile
from unsee.emoji.train_vae import KL_WEIGHT, edge_distance
from unsee.emoji2.model import new_vae
from unsee.emoji2.scenes import sample_scene
from unsee.emoji2.theatre import Theatre, render


class VaeStage:
    """Reconstruct training pictures through 8 x 8 latents."""

    name = "vae"

    def __init__(self, theatre: Theatre) -> None:
        self.vae = new_vae()
        self.modules = {"vae": self.vae}
        self._theatre = theatre

    def loss(self, chance: random.Random, batch: int) -> dict[str, Tensor]:
        """Distances between pictures and what comes back, and the KL term."""
        x = self._pictures(chance, batch)
        with bfloat16():
            posterior = self.vae.encode(x).latent_dist
            y = self.vae.decode(posterior.sample()).sample
        y = y.float()
        return {
            "pixels": (y - x).abs().mean(),
            "edges": edge_distance(y, x),
            "kl": KL_WEIGHT * posterior.kl().float().mean(),
        }

    @torch.no_grad()
    def sheet(self) -> Image.Image:
        """Pairs of rows: pictures, and what comes back."""
        x = self._pictures(random.Random("sheet"), 24)
        y = self.vae.decode(self.vae.encode(x).latent_dist.mode()).sample
        rows = torch.stack([x.view(2, 12, *x.shape[1:]), y.view(2, 12, *y.shape[1:])], dim=1)
        return tile(tensor_to_pictures(rows.flatten(0, 2)), columns=12)

    def _pictures(self, chance: random.Random, count: int) -> Tensor:
        return render(self._theatre, [sample_scene(chance) for _ in range(count)])
