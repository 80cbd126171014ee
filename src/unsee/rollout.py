"""Where the latents x_t of the training come from, and the predictions that come with them.

Prompts         the encoded phrases of an erasure
RolloutSample   latents at some moments of trajectories, with the original model's predictions
edited          the paper's: one random moment of a trajectory of the model as it is edited
original        every moment of trajectories of the unedited model; the predictions are paid for

Both draw their noise on the CPU from one generator, whose state is all that a stopped run needs
to go on with the same numbers.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from unsee.concepts import Concept
from unsee.config import EraseConfig
from unsee.denoisers.base import Condition, Denoiser
from unsee.sampling import trajectory

Swap = Callable[[], contextlib.AbstractContextManager[None]]
"""Opens a block inside which the denoiser is the edited model."""


@dataclass(frozen=True)
class Prompts:
    """The encoded phrases of an erasure, one row for each phrase that names the concept."""

    concept: Condition
    """c: the phrases."""
    null: Condition
    """∅: one row."""
    erase_from: Condition | None
    """The phrase that loses the concept, once per row of `concept`, if it is not the concept."""

    @classmethod
    def encode(cls, denoiser: Denoiser, concept: Concept) -> "Prompts":
        """Encode a concept; a ConceptError if the model cannot read one of its phrases."""
        kept = [] if concept.erase_from is None else [concept.erase_from]
        for phrase in (*concept.phrases, *kept):
            denoiser.check_phrase(phrase)
        rows = len(concept.phrases)
        return cls(
            concept=denoiser.encode(concept.phrases),
            null=denoiser.encode([""]),
            erase_from=denoiser.encode(kept).expand(rows) if kept else None,
        )

    @property
    def asked(self) -> Condition:
        """What the edited model is asked for, and what trajectories are sampled under."""
        return self.concept if self.erase_from is None else self.erase_from


@dataclass(frozen=True)
class RolloutSample:
    """Latents and what the original model predicts there; a row each, phrase by phrase."""

    x_t: Tensor
    """(rows, channels, height, width), scaled for the network."""
    t: Tensor
    """(rows,): the timesteps."""
    phrase: Tensor
    """(rows,): which phrase of the concept each row is about."""
    eps_c: Tensor
    """ε(x_t, c)."""
    eps_null: Tensor
    """ε(x_t, ∅)."""
    eps_from: Tensor | None = None
    """The prediction for the phrase that the concept is erased from, if there is one."""

    def __len__(self) -> int:
        return len(self.x_t)

    def __getitem__(self, rows: slice | Tensor) -> "RolloutSample":
        return RolloutSample(**{name: tensor[rows] for name, tensor in self.tensors().items()})

    def tensors(self) -> dict[str, Tensor]:
        """The fields that are there."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: tensor for name, tensor in values.items() if tensor is not None}

    @staticmethod
    def cat(parts: "list[RolloutSample]") -> "RolloutSample":
        """Put the rows of several samples below each other."""
        columns = [part.tensors() for part in parts]
        return RolloutSample(
            **{name: torch.cat([column[name] for column in columns]) for name in columns[0]}
        )


@torch.no_grad()
def edited(
    denoiser: Denoiser,
    swap: Swap,
    prompts: Prompts,
    phrase: Tensor,
    config: EraseConfig,
    generator: torch.Generator,
) -> RolloutSample:
    """Sample one latent per row of `phrase` from the edited model, as Sec. 4 of the paper has it.

    Each row has a random timestep of its own: it is denoised from noise down to that, and no
    further. The latent is handed on at exactly the noise level that its timestep says.
    """
    scheduler = denoiser.make_scheduler(config.sampler_steps, config.sampler)
    x = _noise(denoiser, len(phrase), generator) * scheduler.init_noise_sigma
    stops = torch.randint(len(scheduler.timesteps), (len(phrase),), generator=generator)
    asked, null = prompts.asked[phrase], prompts.null.expand(len(phrase))
    moments = trajectory(
        denoiser,
        x,
        asked,
        null,
        scheduler,
        guidance=config.sampling_guidance,
        generator=generator,
    )
    x_t = scheduler.scale_model_input(x, scheduler.timesteps[0]).clone()
    with swap():
        # In this order zip() asks for no moment after the last one that is needed.
        for stop, moment in zip(range(1, int(stops.max()) + 1), moments, strict=False):
            here = (stops == stop).to(x.device)
            level = scheduler.timesteps[stop]
            x_t[here] = scheduler.scale_model_input(moment.x_next, level)[here]
    t = scheduler.timesteps[stops.to(scheduler.timesteps.device)]
    conditions = [prompts.concept[phrase], null]
    conditions += [] if prompts.erase_from is None else [asked]
    predicted = denoiser.predict(
        torch.cat([x_t] * len(conditions)), t.repeat(len(conditions)), Condition.cat(conditions)
    )
    return RolloutSample(x_t, t, phrase, *predicted.chunk(len(conditions)))


@torch.no_grad()
def original(
    denoiser: Denoiser,
    prompts: Prompts,
    phrase: Tensor,
    config: EraseConfig,
    generator: torch.Generator,
) -> RolloutSample:
    """Sample one trajectory per row of `phrase` from the original model; hand on all of it.

    Guidance needs ε(c) and ε(∅) at every step, and those are the predictions that Eq. 6 asks for:
    a trajectory of n steps gives n latents, and training on them costs no further prediction.
    """
    x = _noise(denoiser, len(phrase), generator)
    scheduler = denoiser.make_scheduler(config.sampler_steps, config.sampler)
    parts = []
    for moment in trajectory(
        denoiser,
        x * scheduler.init_noise_sigma,
        prompts.asked[phrase],
        prompts.null.expand(len(phrase)),
        scheduler,
        guidance=config.sampling_guidance,
        generator=generator,
        both=True,
    ):
        assert moment.eps_null is not None
        eps_c, eps_from = moment.eps_c, None
        if prompts.erase_from is not None:
            eps_from = moment.eps_c
            eps_c = denoiser.predict(moment.x_t, moment.t, prompts.concept[phrase])
        t = moment.t.expand(len(phrase))
        parts.append(RolloutSample(moment.x_t, t, phrase, eps_c, moment.eps_null, eps_from))
    return RolloutSample.cat(parts)


def _noise(denoiser: Denoiser, rows: int, generator: torch.Generator) -> Tensor:
    return torch.randn((rows, *denoiser.latent_shape()), generator=generator).to(denoiser.device)
