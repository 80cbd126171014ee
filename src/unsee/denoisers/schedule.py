"""How noise comes and goes over the steps of a sampler: what unsee asks of a scheduler.

Schedule        the seam: one sampler with its steps set
Discrete        schedulers of diffusers for ε- and v-prediction
Flow            schedulers of diffusers for flow velocity

At step i the network is shown network_input(x, i) = alpha(i) x_0 + sigma(i) ε and the timestep
timesteps[i], whatever scale the sampler keeps its own x in.
"""

import copy
import inspect
import math
from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

Generators = torch.Generator | Sequence[torch.Generator]
"""One for all rows, or one for each."""


class Schedule(Protocol):
    """A sampler with its steps set. Some remember where they are: a trajectory takes a new one."""

    timesteps: Tensor
    """(steps,): what the network is told at each step, from noise to picture."""

    def facts(self) -> tuple[str, list[tuple[str, str]]]:
        """Name and settings: everything that two schedules of the same numbers share."""

    def start(self, noise: Tensor) -> Tensor:
        """X at step 0, from noise of unit variance."""

    def network_input(self, x: Tensor, i: int) -> Tensor:
        """What the network is shown of x at step i."""

    def noised(self, x_0: Tensor, eps: Tensor, i: int) -> Tensor:
        """X at step i, of latents x_0 and noise ε: the forward process. Any step, in any order."""

    def step(
        self, prediction: Tensor, i: int, x: Tensor, generator: Generators | None = None
    ) -> Tensor:
        """X at step i + 1; after the last step, the latents of a picture."""

    def alpha(self, i: int) -> float:
        """How much of x_0 is in what the network is shown at step i."""

    def sigma(self, i: int) -> float:
        """How much noise is in it."""


class _Diffusers:
    """What schedulers of diffusers have in common."""

    def __init__(self, scheduler: Any) -> None:
        """Take a scheduler whose timesteps are set."""
        self._scheduler = scheduler
        # As it was before the first step: the forward process asks a scheduler without a memory.
        self._fresh = copy.copy(scheduler)
        self.timesteps: Tensor = scheduler.timesteps
        self._takes_generator = "generator" in inspect.signature(scheduler.step).parameters

    def facts(self) -> tuple[str, list[tuple[str, str]]]:
        """Class of the scheduler, and its settings as text."""
        settings = sorted((name, str(value)) for name, value in self._scheduler.config.items())
        return type(self._scheduler).__name__, settings

    def step(
        self, prediction: Tensor, i: int, x: Tensor, generator: Generators | None = None
    ) -> Tensor:
        """Make one step."""
        noise = {"generator": generator} if self._takes_generator else {}
        x_next: Tensor = self._scheduler.step(prediction, self.timesteps[i], x, **noise).prev_sample
        return x_next


class Discrete(_Diffusers):
    """A scheduler with a table of ᾱ: predictions of ε or v, α² + σ² = 1."""

    def start(self, noise: Tensor) -> Tensor:
        """Scale noise to the sampler's own."""
        x: Tensor = noise * self._scheduler.init_noise_sigma
        return x

    def network_input(self, x: Tensor, i: int) -> Tensor:
        """Scale x to unit variance, where the sampler keeps another."""
        # Some schedulers count their steps: the one that is stepping knows its own place alone.
        stateful = hasattr(self._scheduler, "step_index")
        here = not stateful or (self._scheduler.step_index or 0) == i
        scheduler = self._scheduler if here else self._at(i)
        x_t: Tensor = scheduler.scale_model_input(x, self.timesteps[i])
        return x_t

    def noised(self, x_0: Tensor, eps: Tensor, i: int) -> Tensor:
        """Add noise to latents."""
        x: Tensor = self._at(i).add_noise(x_0, eps, self.timesteps[i][None])
        return x

    def _at(self, i: int) -> Any:
        """A scheduler that is about to make step i."""
        scheduler = copy.copy(self._fresh)
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(i)
        return scheduler

    def alpha(self, i: int) -> float:
        """√ᾱ at the timestep, or at the nearest one that training knew."""
        return math.sqrt(self._alpha_bar(i))

    def sigma(self, i: int) -> float:
        """√(1 − ᾱ)."""
        return math.sqrt(1 - self._alpha_bar(i))

    def _alpha_bar(self, i: int) -> float:
        table: Tensor = self._scheduler.alphas_cumprod
        return float(table[min(round(float(self.timesteps[i])), len(table) - 1)])


class Flow(_Diffusers):
    """A scheduler of straight paths: velocity ε − x_0, α = 1 − σ."""

    def start(self, noise: Tensor) -> Tensor:
        """Noise as it is: at σ = 1 there is nothing else."""
        return noise

    def network_input(self, x: Tensor, i: int) -> Tensor:
        """X as it is."""
        return x

    def noised(self, x_0: Tensor, eps: Tensor, i: int) -> Tensor:
        """Mix latents and noise."""
        sigma = self.sigma(i)
        return (1 - sigma) * x_0 + sigma * eps

    def alpha(self, i: int) -> float:
        """1 − σ."""
        return 1 - self.sigma(i)

    def sigma(self, i: int) -> float:
        """The scheduler's own σ, shifted as it says."""
        return float(self._scheduler.sigmas[i])
