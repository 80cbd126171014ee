"""Where the latents x_t of the training come from, and the predictions that come with them.

Lessons         what is asked for and what shall be shown instead, encoded
RolloutSample   latents at some moments of trajectories, with the original model's predictions
edited          the paper's: one random moment of a trajectory of the model as it is edited
predicted_at    given latents, with the original model's predictions there
original        every moment of trajectories of the unedited model; the predictions are paid for
noised          given pictures with noise, at random moments: nothing is sampled

Both draw their noise on the CPU from a generator that is given to them.
"""

import contextlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from unsee.concepts import Concept
from unsee.denoisers.base import Condition, Denoiser
from unsee.erasing.config import EraseConfig
from unsee.sampling.trajectory import trajectory

Swap = Callable[[], contextlib.AbstractContextManager[None]]
"""Opens a block inside which the denoiser is the edited model."""


@dataclass(frozen=True)
class Lessons:
    """What the student is taught, a row each: when asked for this, show that.

    A row that erases teaches Eq. 6. A row that preserves teaches the original model's own answer,
    which is the same equation with the prompt as its start and eta = 0.
    """

    asked: Condition
    """What the student is asked for, and what trajectories are sampled under."""
    concept: Condition
    """c: what is erased from it. The same as `asked`, unless it is erased from another phrase."""
    unconditional: Condition
    """∅: one row; what trajectories are guided away from."""
    null: Condition
    """What the concept is told from: ∅, or the context that the concept was added to."""
    starts_at_asked: Tensor
    """(rows,) bool: whether the target starts at ε(asked) instead of at ε(null)."""
    other_asked: Tensor
    """(rows,) bool: whether `asked` is not the concept."""
    other_null: Tensor
    """(rows,) bool: whether `null` is not ∅."""
    eta: Tensor
    """(rows,)"""
    weight: Tensor
    """(rows,): of the row's loss."""
    concept_number: Tensor
    """(rows,): which concept the row erases; -1 where it preserves."""
    erasing: int
    """How many rows erase; the others, below them, preserve."""

    @classmethod
    def encode(
        cls, denoiser: Denoiser, concepts: Sequence[Concept], config: EraseConfig
    ) -> "Lessons":
        """Encode concepts; a ConceptError if the model cannot read one of their phrases."""
        # What is asked, c, null.
        rows = []
        numbers = []
        for number, concept in enumerate(concepts):
            numbers += [number] * len(concept.phrases) * (1 + len(config.contexts))
            for phrase in concept.phrases:
                rows.append((concept.erase_from or phrase, phrase, ""))
                for context in config.contexts:
                    placed = context.replace("{}", phrase)
                    rows.append((placed, placed, " ".join(context.replace("{}", "").split())))
        erasing, preserving = len(rows), len(config.preserve)
        rows += [(prompt, prompt, "") for prompt in config.preserve]
        places = {"": 0}
        for phrase in itertools.chain.from_iterable(rows):
            places.setdefault(phrase, len(places))
        for phrase in list(places)[1:]:
            denoiser.check_phrase(phrase)
        encoded, device = denoiser.encode(list(places)), denoiser.device
        asked, concept_c, null = (
            torch.tensor([places[phrase] for phrase in column], device=device)
            for column in zip(*rows, strict=True)
        )
        preserves = torch.arange(len(rows), device=device) >= erasing
        return cls(
            asked=encoded[asked],
            concept=encoded[concept_c],
            unconditional=encoded[:1],
            null=encoded[null],
            starts_at_asked=preserves | (asked != concept_c),
            other_asked=asked != concept_c,
            other_null=null != 0,
            eta=torch.tensor([config.eta] * erasing + [0.0] * preserving, device=device),
            weight=torch.tensor(
                [1.0] * erasing + [config.preserve_weight] * preserving, device=device
            ),
            concept_number=torch.tensor([*numbers, *[-1] * preserving], device=device),
            erasing=erasing,
        )

    def of_trajectories(self, numbers: Tensor) -> Tensor:
        """Which row each trajectory is for: all in turn, erasing and preserving by halves."""
        preserving = len(self.eta) - self.erasing
        if not preserving:
            return numbers % self.erasing
        half = numbers // 2
        return torch.where(numbers % 2 == 0, half % self.erasing, self.erasing + half % preserving)


@dataclass(frozen=True)
class RolloutSample:
    """Latents and what the original model predicts there; a row each, phrase by phrase."""

    x_t: Tensor
    """(rows, channels, height, width), scaled for the network."""
    t: Tensor
    """(rows,): the timesteps."""
    lesson: Tensor
    """(rows,): which row of the Lessons each is for."""
    eps_c: Tensor
    """ε(x_t, c)."""
    eps_null: Tensor
    """ε(x_t, ∅)."""
    eps_start: Tensor
    """Where the target starts: ε(x_t, ∅), or ε(x_t, asked) where the lesson says so."""

    def __len__(self) -> int:
        return len(self.x_t)

    def __getitem__(self, rows: slice | Tensor) -> "RolloutSample":
        return RolloutSample(**{name: tensor[rows] for name, tensor in self.tensors().items()})

    def tensors(self) -> dict[str, Tensor]:
        """The columns, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

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
    lessons: Lessons,
    lesson: Tensor,
    config: EraseConfig,
    generator: torch.Generator,
) -> RolloutSample:
    """Sample one latent per row of `lesson` from the edited model, as Sec. 4 of the paper has it.

    Each row has a random timestep of its own: it is denoised from noise down to that, and no
    further. The latent is handed on at exactly the noise level that its timestep says.
    """
    scheduler = denoiser.make_scheduler(config.sampler_steps, config.sampler)
    x = _noise(denoiser, len(lesson), generator) * scheduler.init_noise_sigma
    stops = torch.randint(len(scheduler.timesteps), (len(lesson),), generator=generator)
    moments = trajectory(
        denoiser,
        x,
        lessons.asked[lesson],
        lessons.unconditional.expand(len(lesson)),
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
    return predicted_at(denoiser, lessons, lesson, x_t, t)


@torch.no_grad()
def predicted_at(
    denoiser: Denoiser, lessons: Lessons, lesson: Tensor, x_t: Tensor, t: Tensor
) -> RolloutSample:
    """Ask the original model for what the rows of `lesson` need at given latents."""
    asked, null = lessons.asked[lesson], lessons.null[lesson]
    # A row that preserves needs ε(asked) alone, and one that erases needs it only to start there.
    erases = (lesson < lessons.erasing).nonzero()[:, 0]
    asks = lessons.starts_at_asked[lesson].nonzero()[:, 0]
    rows = torch.cat([erases, erases, asks])
    conditions = [lessons.concept[lesson][erases], null[erases], asked[asks]]
    predicted = denoiser.predict(x_t[rows], t[rows.to(t.device)], Condition.cat(conditions))
    eps_c, eps_null, eps_start = (torch.zeros_like(x_t, dtype=predicted.dtype) for _ in range(3))
    count = len(erases)
    eps_c[erases], eps_null[erases] = predicted[:count], predicted[count : 2 * count]
    eps_start[erases] = eps_null[erases]
    eps_start[asks] = predicted[2 * count :]
    return RolloutSample(x_t, t, lesson, eps_c, eps_null, eps_start)


@torch.no_grad()
def original(
    denoiser: Denoiser,
    lessons: Lessons,
    lesson: Tensor,
    config: EraseConfig,
    generator: torch.Generator,
) -> RolloutSample:
    """Sample one trajectory per row of `lesson` from the original model; hand on all of it.

    Guidance needs ε(c) and ε(∅) at every step, and those are the predictions that Eq. 6 asks for:
    a trajectory of n steps gives n latents, and training on them costs no further prediction.
    """
    x = _noise(denoiser, len(lesson), generator)
    scheduler = denoiser.make_scheduler(config.sampler_steps, config.sampler)
    # What guidance does not pay for: c where it is erased from another phrase, and the contexts.
    other = lessons.other_asked[lesson].nonzero()[:, 0]
    placed = lessons.other_null[lesson].nonzero()[:, 0]
    unpaid = torch.cat([other, placed])
    unpaid_conditions = Condition.cat(
        [lessons.concept[lesson][other], lessons.null[lesson][placed]]
    )
    named = lessons.starts_at_asked[lesson].view(-1, 1, 1, 1)
    parts = []
    for moment in trajectory(
        denoiser,
        x * scheduler.init_noise_sigma,
        lessons.asked[lesson],
        lessons.unconditional.expand(len(lesson)),
        scheduler,
        guidance=config.sampling_guidance,
        generator=generator,
        both=True,
    ):
        assert moment.eps_null is not None
        eps_c, eps_null = moment.eps_c.clone(), moment.eps_null.clone()
        if len(unpaid):
            predicted = denoiser.predict(moment.x_t[unpaid], moment.t, unpaid_conditions)
            eps_c[other], eps_null[placed] = predicted[: len(other)], predicted[len(other) :]
        eps_start = torch.where(named, moment.eps_c, eps_null)
        t = moment.t.expand(len(lesson))
        parts.append(RolloutSample(moment.x_t, t, lesson, eps_c, eps_null, eps_start))
    return RolloutSample.cat(parts)


@torch.no_grad()
def noised(
    denoiser: Denoiser,
    lessons: Lessons,
    lesson: Tensor,
    pictures: Sequence[Tensor],
    config: EraseConfig,
    generator: torch.Generator,
) -> RolloutSample:
    """Add noise to given latents, one per row of `lesson`, as Sec. 5.4 of the paper has it.

    `pictures` holds for each concept the latents of its pictures, (n, channels, height, width); a
    row draws one of them, a timestep and its noise at random.
    """
    timesteps = denoiser.make_scheduler(config.sampler_steps, config.sampler).timesteps
    drawn = torch.randint(len(timesteps), (len(lesson),), generator=generator)
    rows = []
    for number, moment in zip(lessons.concept_number[lesson].tolist(), drawn, strict=True):
        own = pictures[number]
        which = int(torch.randint(len(own), (1,), generator=generator))
        noise = torch.randn(own[:1].shape, generator=generator).to(own.device)
        # Some schedulers remember where they are: each row gets a fresh one.
        scheduler: Any = denoiser.make_scheduler(config.sampler_steps, config.sampler)
        t = scheduler.timesteps[moment]
        x = scheduler.add_noise(own[which : which + 1], noise, t[None])
        rows.append(scheduler.scale_model_input(x, t))
    t = timesteps[drawn.to(timesteps.device)]
    return predicted_at(denoiser, lessons, lesson, torch.cat(rows), t)


def _noise(denoiser: Denoiser, rows: int, generator: torch.Generator) -> Tensor:
    return torch.randn((rows, *denoiser.latent_shape()), generator=generator).to(denoiser.device)
