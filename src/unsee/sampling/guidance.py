"""Guidance at sampling time: Eq. 3 of Gandikota et al. 2023 and its relatives. Pure tensors.

classifier_free_guidance   towards the prompt, away from no prompt
negative_prompt_guidance   towards the prompt, away from another one
safe_latent_guidance       SLD: towards the prompt, away from a concept where it would show
SLD                        its four published configurations

Like Eq. 6, the first two are combinations whose coefficients sum to one, and so hold in every
prediction space (see objective.py).
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from unsee.errors import OptionError


def classifier_free_guidance(eps_null: Tensor, eps_c: Tensor, scale: float) -> Tensor:
    """Eq. 3: ε(∅) + α [ε(c) − ε(∅)]; all tensors of one shape."""
    return eps_null + scale * (eps_c - eps_null)


def negative_prompt_guidance(eps_negative: Tensor, eps_c: Tensor, scale: float) -> Tensor:
    """Eq. 3 with a negative prompt in the place of ∅: the baseline SD-Neg-Prompt."""
    return classifier_free_guidance(eps_negative, eps_c, scale)


@dataclass(frozen=True)
class SafeLatentDiffusion:
    """A configuration of SLD (Schramowski et al. 2023): guidance away from a safety concept."""

    warmup: int
    """δ: the first steps of the sampler, in which nothing is steered but the momentum gathers."""
    scale: float
    """s_S: how sharply an element is pushed away once it leans towards the concept."""
    threshold: float
    """λ: elements that differ by this or more count as far from the concept already."""
    momentum_scale: float
    """s_m: how much of the momentum is added to each push."""
    momentum_beta: float
    """β_m: how much of the momentum lasts from one step to the next."""

    def __post_init__(self) -> None:
        """Refuse what the method does not define."""
        if self.warmup < 0 or self.scale < 0 or not 0 <= self.momentum_beta < 1:
            raise OptionError("SLD takes a warm-up and a scale from 0 up, and a beta in [0, 1)")

    def over(self, steps: int) -> "SafeLatentDiffusion":
        """The same for a sampler of `steps` steps, with the warm-up in proportion to 50."""
        return replace(self, warmup=round(self.warmup * steps / PUBLISHED_STEPS))


PUBLISHED_STEPS = 50
"""Sampler steps that the published warm-ups are for."""

SLD = {
    "weak": SafeLatentDiffusion(15, 200, 0.0, 0.0, 0.0),
    "medium": SafeLatentDiffusion(10, 1000, 0.01, 0.3, 0.4),
    "strong": SafeLatentDiffusion(7, 2000, 0.025, 0.5, 0.7),
    "max": SafeLatentDiffusion(0, 5000, 1.0, 0.5, 0.7),
}
"""The published configurations."""


@dataclass(frozen=True)
class Momentum:
    """What SLD carries from one step of a trajectory to the next."""

    step: int = 0
    """Steps made."""
    value: Tensor | None = None
    """ν; None before the first step, which is zero."""


def safe_latent_guidance(
    eps_null: Tensor,
    eps_c: Tensor,
    eps_safety: Tensor,
    scale: float,
    config: SafeLatentDiffusion,
    momentum: Momentum,
) -> tuple[Tensor, Momentum]:
    """Eq. 3 to 8 of Schramowski et al. 2023: Eq. 3 above, pushed away from a safety concept.

    Returns ε(∅) + α [ε(c) − ε(∅) − γ] and the momentum for the next step, where γ is a push along
    ε(safety) − ε(∅) in each element that leans towards the safety concept. Unlike the rules above
    it compares elements with a threshold, so the predictions have to be of ε; all are of one shape.
    """
    lean = eps_c - eps_safety
    strength = (config.scale * lean).abs().clamp(max=1)
    strength = torch.where(lean >= config.threshold, torch.zeros_like(lean), strength)
    push = strength * (eps_safety - eps_null)
    carried = torch.zeros_like(push) if momentum.value is None else momentum.value
    push = push + config.momentum_scale * carried
    carried = config.momentum_beta * carried + (1 - config.momentum_beta) * push
    after = Momentum(momentum.step + 1, carried)
    if momentum.step < config.warmup:
        return classifier_free_guidance(eps_null, eps_c, scale), after
    return eps_null + scale * (eps_c - eps_null - push), after
