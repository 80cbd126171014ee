"""Guidance as a rule: which conditions the network is asked for, and what becomes of its answers.

Rule             the seam
ClassifierFree   Eq. 3: towards the prompt, away from no prompt or from a negative one
Safe             SLD: away from a concept besides
"""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from unsee.denoisers.base import Denoiser
from unsee.denoisers.condition import Condition
from unsee.denoisers.schedule import Schedule
from unsee.sampling.guidance import (
    Momentum,
    SafeLatentDiffusion,
    classifier_free_guidance,
    safe_latent_guidance,
)


class Rule(Protocol):
    """What guides one trajectory."""

    conditions: tuple[Condition, ...]
    """What is predicted at each step, all in one call; a row for each picture."""

    def combine(self, predictions: Sequence[Tensor], i: int) -> Tensor:
        """Make of the predictions, in the order of `conditions`, the one that step i follows."""


class ClassifierFree:
    """Eq. 3; at a scale of 1 or below the prompt alone counts, as in every pipeline."""

    def __init__(
        self, condition: Condition, null: Condition, scale: float, *, both: bool = False
    ) -> None:
        """Guide by `scale`; `both` predictions are made even where one of them has no say."""
        self._scale = scale
        self.conditions: tuple[Condition, ...] = (condition,)
        if both or scale > 1:
            self.conditions = (condition, null)

    def combine(self, predictions: Sequence[Tensor], i: int) -> Tensor:
        """Eq. 3."""
        if self._scale <= 1:
            return predictions[0]
        eps_c, eps_null = predictions
        return classifier_free_guidance(eps_null, eps_c, self._scale)


class Safe:
    """Safe Latent Diffusion: a rule with a memory, for one trajectory."""

    def __init__(
        self,
        condition: Condition,
        null: Condition,
        concept: Condition,
        scale: float,
        config: SafeLatentDiffusion,
        units: Sequence[float],
    ) -> None:
        """Guide by `scale` and away from `concept`; `units` as epsilon_units makes them."""
        self.conditions: tuple[Condition, ...] = (condition, null, concept)
        self._scale = scale
        self._config = config
        self._units = units
        self._momentum = Momentum()

    def combine(self, predictions: Sequence[Tensor], i: int) -> Tensor:
        """Eq. 3 to 8 of Schramowski et al. 2023, in ε."""
        unit = self._units[i]
        eps_c, eps_null, eps_safety = (unit * prediction for prediction in predictions)
        guided, self._momentum = safe_latent_guidance(
            eps_null, eps_c, eps_safety, self._scale, self._config, self._momentum
        )
        return guided / unit


def epsilon_units(denoiser: Denoiser, schedule: Schedule) -> list[float]:
    """At each step, the factor from what is predicted to ε, but for a term that all rows share.

    It is 1/q of erasing/objective.py: 1 for ε, α for v and for flow velocity.
    """
    steps = range(len(schedule.timesteps))
    if denoiser.prediction_type == "epsilon":
        return [1.0 for _ in steps]
    return [max(schedule.alpha(i), 1e-4) for i in steps]
