"""Where the latents x_t of the training come from, and the predictions that come with them.

Sample      latents at some moments of trajectories, with the original model's predictions
edited      the paper's: one random moment of a trajectory of the model as it is edited
original    every moment of trajectories of the unedited model; the predictions are paid for
noised      given pictures with noise, at random moments: nothing is sampled
predicted   given latents, with the original model's predictions there

The first three draw their noise on the CPU from a generator that is given to them.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from unsee.denoisers.base import Denoiser
from unsee.erasing.config import EraseConfig
from unsee.erasing.lessons import Lessons
from unsee.erasing.objective import per_row
from unsee.sampling.rules import ClassifierFree
from unsee.sampling.trajectory import trajectory

Swap = Callable[[], contextlib.AbstractContextManager[None]]
"""Opens a block inside which the denoiser is the edited model."""


@dataclass(frozen=True)
class Sample:
    """Latents and what the original model predicts there; a row each, step by step."""

    x_t: Tensor
    """(rows, ...): as the network is shown it."""
    t: Tensor
    """(rows,): the timesteps."""
    lesson: Tensor
    """(rows,): which row of the Lessons each is for."""
    eps_c: Tensor
    """ε(x_t, c), the mean where there are several concepts."""
    eps_null: Tensor
    """ε(x_t, null): of ∅, or of the context."""
    eps_start: Tensor
    """ε(x_t, start): where the target starts."""

    def __len__(self) -> int:
        return len(self.x_t)

    def __getitem__(self, rows: slice | Tensor) -> "Sample":
        return Sample(**{name: tensor[rows] for name, tensor in self.tensors().items()})

    def tensors(self) -> dict[str, Tensor]:
        """The columns, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def cat(parts: "Sequence[Sample]") -> "Sample":
        """Put the rows of several samples below each other."""
        columns = [part.tensors() for part in parts]
        return Sample(
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
) -> Sample:
    """Sample one latent per row of `lesson` from the edited model, as Sec. 4 of the paper has it.

    Each row has a random timestep of its own: it is denoised from noise down to that, and no
    further. The latent is handed on at exactly the noise level that its timestep says.
    """
    schedule = denoiser.schedule(config.sampler_steps, config.sampler)
    x = schedule.start(_noise(denoiser, len(lesson), generator))
    stops = torch.randint(len(schedule.timesteps), (len(lesson),), generator=generator)
    rule = ClassifierFree(
        lessons.prompts(lesson), lessons.phrases[:1].expand(len(lesson)), config.sampling_guidance
    )
    moments = trajectory(denoiser, x, rule, schedule, generator)
    x_t = schedule.network_input(x, 0).clone()
    with swap():
        # In this order zip() asks for no moment after the last one that is needed.
        for stop, moment in zip(range(1, int(stops.max()) + 1), moments, strict=False):
            here = (stops == stop).to(x.device)
            x_t[here] = schedule.network_input(moment.x_next, stop)[here]
    t = schedule.timesteps[stops.to(schedule.timesteps.device)]
    return predicted(denoiser, lessons, lesson, x_t, t)


@torch.no_grad()
def original(
    denoiser: Denoiser,
    lessons: Lessons,
    lesson: Tensor,
    config: EraseConfig,
    generator: torch.Generator,
) -> Sample:
    """Sample one trajectory per row of `lesson` from the original model; hand on all of it.

    Guidance needs ε(prompt) and ε(∅) at every step, and those are mostly the predictions that
    Eq. 6 asks for: a trajectory of n steps gives n latents, and training on them costs no more.
    """
    schedule = denoiser.schedule(config.sampler_steps, config.sampler)
    x = schedule.start(_noise(denoiser, len(lesson), generator))
    prompt, null = lessons.prompt[lesson], torch.zeros_like(lesson)
    rule = ClassifierFree(
        lessons.phrases[prompt], lessons.phrases[null], config.sampling_guidance, both=True
    )
    parts = []
    for moment in trajectory(denoiser, x, rule, schedule, generator):
        t = moment.t.expand(len(lesson))
        paid = list(zip((prompt, null), moment.predictions, strict=True))
        parts.append(predicted(denoiser, lessons, lesson, moment.x_t, t, paid))
    return Sample.cat(parts)


@torch.no_grad()
def noised(
    denoiser: Denoiser,
    lessons: Lessons,
    lesson: Tensor,
    pictures: Sequence[Tensor],
    config: EraseConfig,
    generator: torch.Generator,
) -> Sample:
    """Add noise to given latents, one per row of `lesson`, as Sec. 5.4 of the paper has it.

    `pictures` holds for each concept the latents of its pictures, (n, ...); a row draws one of
    them, a timestep and its noise at random.
    """
    schedule = denoiser.schedule(config.sampler_steps, config.sampler)
    steps = torch.randint(len(schedule.timesteps), (len(lesson),), generator=generator)
    rows = []
    for number, step in zip(lessons.number[lesson].tolist(), steps.tolist(), strict=True):
        own = pictures[number]
        which = int(torch.randint(len(own), (1,), generator=generator))
        noise = torch.randn(own[:1].shape, generator=generator).to(own.device)
        x = schedule.noised(own[which : which + 1], noise, step)
        rows.append(schedule.network_input(x, step))
    t = schedule.timesteps[steps.to(schedule.timesteps.device)]
    return predicted(denoiser, lessons, lesson, torch.cat(rows), t)


@torch.no_grad()
def predicted(
    denoiser: Denoiser,
    lessons: Lessons,
    lesson: Tensor,
    x_t: Tensor,
    t: Tensor,
    paid: Sequence[tuple[Tensor, Tensor]] = (),
) -> Sample:
    """Ask the original model for what the rows of `lesson` need at given latents.

    `paid` are predictions that were made already: a phrase for each row, as its index in
    `lessons.phrases`, and ε there. What is owed is asked for in one call, and nothing twice.
    """
    erases = lessons.eta[lesson] != 0
    columns = [
        *((column, erases) for column in lessons.concept[lesson].T),
        (lessons.null[lesson], erases),
        (lessons.start[lesson], torch.ones_like(erases)),
    ]
    known = list(paid)
    owed: list[tuple[Tensor, Tensor]] = []
    for phrase, needed in columns:
        for index, _ in (*known, *owed):
            needed = needed & (phrase != index)
        owed.append((torch.where(needed, phrase, -1), needed.nonzero()[:, 0]))
    rows = torch.cat([rows for _, rows in owed])
    if len(rows):
        phrases = torch.cat([phrase[rows] for phrase, rows in owed])
        answers = denoiser.predict(x_t[rows], t[rows.to(t.device)], lessons.phrases[phrases])
        for (phrase, rows), answer in zip(
            owed, torch.split(answers, [len(rows) for _, rows in owed]), strict=True
        ):
            eps = torch.zeros_like(x_t, dtype=answers.dtype)
            eps[rows] = answer
            known.append((phrase, eps))
    *eps_c, eps_null, eps_start = (_looked_up(phrase, known, x_t) for phrase, _ in columns)
    return Sample(x_t, t, lesson, torch.stack(eps_c).mean(0), eps_null, eps_start)


def _looked_up(phrase: Tensor, known: Sequence[tuple[Tensor, Tensor]], like: Tensor) -> Tensor:
    """ε for a phrase of each row; zeros where nobody needs it."""
    eps = torch.zeros_like(like, dtype=known[0][1].dtype)
    for index, value in known:
        eps = torch.where(per_row(phrase == index, like), value, eps)
    return eps


def _noise(denoiser: Denoiser, rows: int, generator: torch.Generator) -> Tensor:
    return torch.randn((rows, *denoiser.latent_shape()), generator=generator).to(denoiser.device)
