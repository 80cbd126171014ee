"""Whether 128 pixels are worth it: reconstructions against those of `emoji` 1, enlarged.

`Reconstruction`  how near an autoencoder's pictures are to real drawings
`compare`         measures it for both, on the same scenes

A picture is nearest to a real drawing where, of all 512 in the same place, none is as near by
squared error. If 128 pixels are no better than 64 enlarged, the model had better stay at 64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor

from unsee.emoji import model as first
from unsee.emoji2 import cast
from unsee.emoji2.blocks import halved
from unsee.emoji2.latents import draw_scenes
from unsee.emoji2.scenes import SIZE, Scene, Spot
from unsee.emoji2.theatre import Theatre, render

BATCH = 64


@dataclass(frozen=True)
class Reconstruction:
    """Means over every drawing, and over scenes of the training distribution."""

    nearest: float
    """Share of drawings nearest to their own original, of all 512."""
    margin: float
    """Mean distance to the original, as a part of that to the nearest other."""
    error: float
    """Mean squared error of the drawings, on [-1, 1]."""
    scene_error: float
    """The same of other scenes, settings among them."""


@torch.no_grad()
def compare(
    vae: AutoencoderKL, theatre: Theatre, scenes: int = 512
) -> Mapping[str, Reconstruction]:
    """Both autoencoders on the same pictures of 128 pixels, by name; fewer scenes are a sketch."""
    old = AutoencoderKL.from_pretrained(first.folder() / "vae").float().eval()

    def enlarged(x: Tensor) -> Tensor:
        y = _through(old, halved(x))
        return F.interpolate(y, size=SIZE, mode="bicubic", align_corners=False)

    drawings = [
        Scene(artist, thing, Spot(side=0.87))
        for thing in range(len(cast.OBJECTS))
        for artist in range(len(cast.ARTISTS))
    ]
    x = render(theatre, drawings[:scenes])
    others = render(theatre, draw_scenes(-2, scenes))
    return {
        "128 pixels": _measure(lambda part: _through(vae, part), x, others),
        "64 pixels enlarged": _measure(enlarged, x, others),
    }


def _measure(pass_through: Callable[[Tensor], Tensor], x: Tensor, others: Tensor) -> Reconstruction:
    y = _in_parts(pass_through, x)
    distances = torch.cdist(y.flatten(1), x.flatten(1))
    own = distances.diagonal()
    nearest_other = (distances + torch.diag(torch.full_like(own, float("inf")))).amin(1)
    return Reconstruction(
        (own < nearest_other).float().mean().item(),
        (own / nearest_other).mean().item(),
        (y - x).square().mean().item(),
        (_in_parts(pass_through, others) - others).square().mean().item(),
    )


def _in_parts(pass_through: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return torch.cat([pass_through(part).clamp(-1, 1) for part in torch.split(x, BATCH)])


def _through(vae: AutoencoderKL, x: Tensor) -> Tensor:
    y: Tensor = vae.decode(vae.encode(x).latent_dist.mode()).sample
    return y
