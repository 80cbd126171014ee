"""The pictures that the denoiser trains on, encoded once.

`normalise`  fold the latents' means and spreads into the VAE: each channel then has mean 0, std 1
`Latents`    scenes and their latents
`encode`     draws scenes, encodes them, keeps the result in a file that may be deleted any time
"""

from __future__ import annotations

import hashlib
import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from unsee.emoji.pixels import pictures_to_tensor
from unsee.emoji.scenes import Scene, Theatre, sample_scene
from unsee.running.files import writing
from unsee.running.progress import Progress, Watch

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

BATCH = 50
JITTER = 0.3
"""Of the augmentation. Latents change a lot when a drawing moves by half a pixel: the less of that
the denoiser has to learn, the sooner it draws what tells one artist from another."""


@dataclass(frozen=True)
class Latents:
    """What the denoiser sees: `x_0[i]` shows `scenes[i]`."""

    scenes: list[Scene]
    x_0: Tensor
    """(n, channels, height, width), float16"""


def draw_scenes(seed: int, count: int, *, badge: bool = True) -> list[Scene]:
    """The first `count` scenes of a seed; the same in every run. `badge=False` skips its scenes."""
    chance = random.Random(f"scenes/{seed}")
    scenes = (sample_scene(chance, JITTER) for _ in itertools.count())
    return list(itertools.islice((scene for scene in scenes if badge or not scene.badge), count))


@torch.no_grad()
def normalise(vae: AutoencoderKL, theatre: Theatre, count: int = 2000) -> None:
    """Make every latent channel of `vae` have mean 0 and standard deviation 1, exactly.

    The change is folded into the two 1 x 1 convolutions around the latents, so that what the VAE
    reconstructs stays the same and any program can use it with a scaling factor of 1.
    """
    scenes = draw_scenes(-1, count)
    x_0 = torch.cat([*_encode(vae, theatre, scenes)])
    mean, std = x_0.mean((0, 2, 3)), x_0.std((0, 2, 3))
    channels = len(mean)
    quant, post = vae.quant_conv, vae.post_quant_conv
    quant.weight[:channels] /= std[:, None, None, None]
    quant.bias[:channels] = (quant.bias[:channels] - mean) / std
    # The second half holds log-variances, which the division shifts.
    quant.bias[channels:] -= 2 * std.log()
    post.bias += torch.einsum("oi,i->o", post.weight[..., 0, 0], mean)
    post.weight *= std[None, :, None, None]
    vae.register_to_config(scaling_factor=1.0)


def encode(
    vae: AutoencoderKL,
    theatre: Theatre,
    path: Path,
    seed: int,
    count: int,
    watch: Watch | None = None,
    *,
    badge: bool = True,
) -> Latents:
    """Latents of the first `count` scenes of `seed`, from `path` where they lie there already."""
    scenes = draw_scenes(seed, count, badge=badge)
    about = {"scenes": hashlib.sha256(repr(scenes).encode()).hexdigest()}
    if path.exists():
        with safe_open(path, "pt") as file:
            if file.metadata() == about:
                return Latents(scenes, file.get_tensor("x_0"))
    parts: list[Tensor] = []
    began, done = time.monotonic(), 0
    for part in _encode(vae, theatre, scenes):
        parts.append(part.half())
        done += len(part)
        if watch is not None:
            seconds = time.monotonic() - began
            watch(Progress(done=done, total=count, what="latents", seconds=seconds))
    x_0 = torch.cat(parts).contiguous()
    with writing(path, overwrite=True) as temporary:
        save_file({"x_0": x_0}, temporary, about)
    return Latents(scenes, x_0)


@torch.no_grad()
def _encode(vae: AutoencoderKL, theatre: Theatre, scenes: list[Scene]) -> Iterator[Tensor]:
    for start in range(0, len(scenes), BATCH):
        pictures = np.stack([theatre.render(scene) for scene in scenes[start : start + BATCH]])
        yield vae.encode(pictures_to_tensor(pictures)).latent_dist.mode()
