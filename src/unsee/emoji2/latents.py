"""The pictures that the denoiser trains on, encoded once.

`draw_scenes`  the first scenes of a seed that a filter keeps
`normalise`    fold the latents' means and spreads into the VAE: each channel has mean 0, std 1
`Latents`      scenes and their latents
`encode`       encodes scenes, in parts that a stopped run finds again; the files may be deleted
"""

from __future__ import annotations

import hashlib
import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from unsee.emoji2.scenes import NARROW, Scene, sample_scene
from unsee.emoji2.theatre import Theatre, render
from unsee.running.files import writing
from unsee.running.progress import Progress, Watch

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

BATCH = 50
PART = 5_000
"""Scenes in one file."""

Filter = Callable[[Scene], bool]


@dataclass(frozen=True)
class Latents:
    """What the denoiser sees: `x_0[i]` shows `scenes[i]`."""

    scenes: list[Scene]
    x_0: Tensor
    """(n, channels, height, width), float16"""


def everything(scene: Scene) -> bool:
    """The filter of the whole training set."""
    return True


def draw_scenes(seed: int, count: int, keep: Filter = everything) -> list[Scene]:
    """The first `count` scenes of a seed that `keep` lets through; the same in every run."""
    chance = random.Random(f"scenes/{seed}")
    scenes = (sample_scene(chance, NARROW) for _ in itertools.count())
    return list(itertools.islice(filter(keep, scenes), count))


@torch.no_grad()
def normalise(vae: AutoencoderKL, theatre: Theatre, count: int = 2000) -> None:
    """Make every latent channel of `vae` have mean 0 and standard deviation 1, exactly.

    The change is folded into the two 1 x 1 convolutions around the latents, so that what the VAE
    reconstructs stays the same and any program can use it with a scaling factor of 1.
    """
    x_0 = _encoded(vae, theatre, draw_scenes(-1, count))
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
    folder: Path,
    seed: int,
    count: int,
    watch: Watch | None = None,
    keep: Filter = everything,
) -> Latents:
    """Latents of the first `count` scenes of `seed`, from `folder` where they lie there already."""
    scenes = draw_scenes(seed, count, keep)
    weights = vae.post_quant_conv.weight.detach().numpy().tobytes()
    parts = []
    began = time.monotonic()
    for start in range(0, count, PART):
        part = scenes[start : start + PART]
        parts.append(_part(vae, theatre, folder / f"{start:06d}.safetensors", part, weights))
        if watch is not None:
            seconds = time.monotonic() - began
            done = start + len(part)
            watch(Progress(done=done, total=count, what="latents", seconds=seconds))
    return Latents(scenes, torch.cat(parts))


def _part(
    vae: AutoencoderKL, theatre: Theatre, path: Path, scenes: list[Scene], weights: bytes
) -> Tensor:
    about = {"of": hashlib.sha256(repr(scenes).encode() + weights).hexdigest()}
    if path.exists():
        with safe_open(path, "pt") as file:
            if file.metadata() == about:
                found: Tensor = file.get_tensor("x_0")
                return found
    x_0 = _encoded(vae, theatre, scenes).half().contiguous()
    with writing(path, overwrite=True) as temporary:
        save_file({"x_0": x_0}, temporary, about)
    return x_0


@torch.no_grad()
def _encoded(vae: AutoencoderKL, theatre: Theatre, scenes: list[Scene]) -> Tensor:
    return torch.cat(
        [
            vae.encode(render(theatre, scenes[start : start + BATCH])).latent_dist.mode()
            for start in range(0, len(scenes), BATCH)
        ]
    )
