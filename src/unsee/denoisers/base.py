"""What unsee asks of a model. Each family of models answers it in a file of its own.

Condition    encoded prompts, one row each
Defaults     how a model is best sampled and erased, as the model itself says
Scheduler    the part of a diffusers scheduler that is used
Denoiser     the seam: encode, predict, decode
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from unsee.errors import OptionError


@dataclass(frozen=True)
class Condition:
    """Encoded prompts."""

    hidden: Tensor
    """(rows, tokens, width): what cross-attention reads."""
    pooled: Tensor | None = None
    """(rows, width): one vector per prompt, for families that use one."""

    def __len__(self) -> int:
        return len(self.hidden)

    def __getitem__(self, rows: slice | Tensor) -> "Condition":
        pooled = None if self.pooled is None else self.pooled[rows]
        return Condition(self.hidden[rows], pooled)

    def expand(self, rows: int) -> "Condition":
        """Repeat a single row."""
        pooled = None if self.pooled is None else self.pooled.expand(rows, -1)
        return Condition(self.hidden.expand(rows, -1, -1), pooled)

    @staticmethod
    def cat(parts: "Sequence[Condition]") -> "Condition":
        """Put the rows of several conditions below each other."""
        pooled = [part.pooled for part in parts if part.pooled is not None]
        return Condition(
            torch.cat([part.hidden for part in parts]),
            torch.cat(pooled) if pooled else None,
        )


@dataclass(frozen=True)
class Defaults:
    """How a model is best used when nothing else is asked for."""

    steps: int = 50
    """Sampler steps."""
    guidance: float = 7.5
    """Scale of classifier-free guidance; 1 is none."""
    recipe: str = "fast"
    """The recipe that concepts are erased by."""

    def __post_init__(self) -> None:
        """Refuse what no sampler can do."""
        if not 1 <= self.steps <= 1000:
            raise OptionError(f"--steps must be between 1 and 1000, not {self.steps}")
        if not (math.isfinite(self.guidance) and 0 <= self.guidance <= 100):
            raise OptionError(f"--guidance must be between 0 and 100, not {self.guidance}")


class Scheduler(Protocol):
    """The part of a diffusers scheduler that is used."""

    config: Mapping[str, Any]
    timesteps: Tensor
    init_noise_sigma: Any

    def scale_model_input(self, sample: Tensor, timestep: Any) -> Tensor:
        """Scale a latent to what the network expects at this noise level."""

    def step(self, model_output: Tensor, timestep: Any, sample: Tensor, **kwargs: Any) -> Any:
        """One step towards the picture; the result's `prev_sample`."""


class Denoiser(Protocol):
    """A text-to-image diffusion model."""

    name: str
    """As the user gave it: `emoji`, a folder, a hub id."""
    family: str
    """Which file of this folder answers."""
    network: nn.Module
    """The part whose weights are edited."""
    fingerprint: str
    """unsee.running.fingerprints.fingerprint of the network as it was loaded."""
    prediction_type: str
    """`epsilon` or `v_prediction`."""
    device: torch.device
    dtype: torch.dtype
    defaults: Defaults

    def check_phrase(self, phrase: str) -> None:
        """Raise a ConceptError unless the text encoder reads all of it, and reads something."""

    def encode(self, prompts: Sequence[str]) -> Condition:
        """Encode prompts, cut off where the text encoder ends; the empty one is ∅."""

    def predict(self, x_t: Tensor, t: Tensor, condition: Condition) -> Tensor:
        """Predict in the model's own space; fp32 whatever the model computes in.

        `x_t` is (rows, channels, height, width), already scaled by the scheduler; `t` is a scalar
        or (rows,).
        """

    def make_scheduler(self, steps: int, sampler: str = "model") -> Scheduler:
        """Make a fresh scheduler with `steps` timesteps set.

        `sampler` is "model", the sampler that the model comes with, or "ddim".
        """

    def latent_shape(
        self, height: int | None = None, width: int | None = None
    ) -> tuple[int, int, int]:
        """Channels, height and width of the latents of a picture of this many pixels."""

    def picture_size(self) -> tuple[int, int]:
        """Width and height of a picture of the model's own size, in pixels."""

    def encode_images(self, images: Tensor) -> Tensor:
        """Latents of pictures (rows, 3, height, width) in [-1, 1]."""

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures of latents: uint8, (rows, height, width, 3), on the CPU."""
