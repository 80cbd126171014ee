"""The seam: what unsee asks of a model. Each family of models answers it (unsee.families).

Defaults   how a model is best sampled and erased, as the model itself says
Denoiser   words to conditions, latents and conditions to predictions, latents to pictures
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from unsee.denoisers.condition import Condition, Embeddings, Tokens
from unsee.denoisers.places import Place
from unsee.denoisers.schedule import Schedule
from unsee.errors import OptionError, option


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
            raise OptionError(f"{option('steps')} must be between 1 and 1000, not {self.steps}")
        if not (math.isfinite(self.guidance) and 0 <= self.guidance <= 100):
            raise OptionError(
                f"{option('guidance')} must be between 0 and 100, not {self.guidance}"
            )


class Denoiser(Protocol):
    """A text-to-image diffusion model, frozen and in evaluation mode."""

    name: str
    """As the user gave it: `emoji`, a folder, a hub id."""
    network: nn.Module
    """The part whose weights are edited."""
    prediction_type: str
    """What the network predicts: `epsilon`, `v_prediction` or `flow_prediction`."""
    device: torch.device
    dtype: torch.dtype
    defaults: Defaults

    @property
    def fingerprint(self) -> str:
        """unsee.running.fingerprints.fingerprint of the network as it was loaded."""

    def places(self) -> Mapping[str, Place]:
        """What each parameter of the network is for, all of them in the network's order.

        Raises:
            CheckpointError: the network has a structure that the family does not know.
        """

    def check_phrase(self, phrase: str) -> None:
        """Raise a ConceptError unless the text encoder reads all of it, and reads something."""

    def tokenize(self, prompts: Sequence[str]) -> Tokens:
        """Prompts as numbers, cut off where the text encoder ends; the empty one is ∅."""

    def embed(self, tokens: Tokens) -> Embeddings:
        """Look the vectors of tokens up; differentiable."""

    def read(self, embeddings: Embeddings) -> Condition:
        """Run the text encoders; differentiable."""

    def encode(self, prompts: Sequence[str | Embeddings]) -> Condition:
        """The three in turn, without gradient: a row for each string and each row of vectors."""

    def predict(self, x_t: Tensor, t: Tensor, condition: Condition) -> Tensor:
        """Predict in the model's own space; fp32 whatever the model computes in.

        `x_t` is (rows, ...) in the shape of `latent_shape`, as the schedule shows it to the
        network; `t` is a scalar or (rows,).
        """

    def schedule(
        self,
        steps: int,
        sampler: str = "model",
        *,
        height: int | None = None,
        width: int | None = None,
    ) -> Schedule:
        """Make a fresh schedule of `steps` steps for pictures of this many pixels.

        `sampler` is a key of samplers.SAMPLERS.
        """

    def latent_shape(self, height: int | None = None, width: int | None = None) -> tuple[int, ...]:
        """Shape of the latents of a picture of this many pixels, without the rows."""

    def picture_size(self) -> tuple[int, int]:
        """Width and height of a picture of the model's own size, in pixels."""

    def encode_images(self, images: Tensor) -> Tensor:
        """Latents of pictures (rows, 3, height, width) in [-1, 1]."""

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures of latents: uint8, (rows, height, width, 3), on the CPU."""
