"""From noise to latents: the one sampling loop, for drawing and for the rollouts of training.

Moment       one moment of a trajectory, and the predictions made there
trajectory   denoise step by step under a rule
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from unsee.denoisers.base import Denoiser
from unsee.denoisers.condition import Condition
from unsee.denoisers.schedule import Generators, Schedule
from unsee.sampling.rules import Rule


@dataclass(frozen=True)
class Moment:
    """One moment of a guided trajectory."""

    x_t: Tensor
    """(rows, ...): what the network was shown."""
    t: Tensor
    """The timestep, a scalar."""
    predictions: tuple[Tensor, ...]
    """What the network said, under each condition of the rule."""
    x_next: Tensor
    """The latent after this step, in the schedule's own scale."""


@torch.no_grad()
def trajectory(
    denoiser: Denoiser, x: Tensor, rule: Rule, schedule: Schedule, generator: Generators
) -> Iterator[Moment]:
    """Denoise `x`, which stands at step 0 of a fresh `schedule`, to the last step."""
    conditions = Condition.cat(rule.conditions)
    for i, t in enumerate(schedule.timesteps):
        x_t = schedule.network_input(x, i)
        rows = torch.cat([x_t] * len(rule.conditions)) if len(rule.conditions) > 1 else x_t
        predictions = denoiser.predict(rows, t, conditions).chunk(len(rule.conditions))
        x = schedule.step(rule.combine(predictions, i), i, x, generator)
        yield Moment(x_t, t, predictions, x)
