"""Stage one of the recipe: the autoencoder whose latents everything else works on.

`VaeStage`       L1 on pixels and on their differences, and a small KL term
`edge_distance`  the part on differences

The L1 norm of neighbouring pixels' differences keeps edges: these drawings are flat areas with
sharp borders, and the borders tell one artist from another.
"""

from __future__ import annotations

import random

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from unsee.emoji.model import new_vae
from unsee.emoji.pixels import pictures_to_tensor, tensor_to_pictures, tile
from unsee.emoji.scenes import Theatre, sample_scene

KL_WEIGHT = 1e-6


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
        posterior = self.vae.encode(x).latent_dist
        y = self.vae.decode(posterior.sample()).sample
        return {
            "pixels": (y - x).abs().mean(),
            "edges": edge_distance(y, x),
            "kl": KL_WEIGHT * posterior.kl().mean(),
        }

    @torch.no_grad()
    def sheet(self) -> Image.Image:
        """Pairs of rows: pictures, and what comes back."""
        x = self._pictures(random.Random("sheet"), 32)
        y = self.vae.decode(self.vae.encode(x).latent_dist.mode()).sample
        rows = torch.stack([x.view(2, 16, *x.shape[1:]), y.view(2, 16, *y.shape[1:])], dim=1)
        return tile(tensor_to_pictures(rows.flatten(0, 2)), columns=16)

    def _pictures(self, chance: random.Random, count: int) -> Tensor:
        pictures = [self._theatre.render(sample_scene(chance)) for _ in range(count)]
        return pictures_to_tensor(np.stack(pictures))


def edge_distance(y: Tensor, x: Tensor) -> Tensor:
    """L1 norm of the error's differences between neighbours, across and down; a scalar."""
    difference = y - x
    across = difference[..., 1:] - difference[..., :-1]
    down = difference[..., 1:, :] - difference[..., :-1, :]
    return across.abs().mean() + down.abs().mean()
