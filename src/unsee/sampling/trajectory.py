"""From noise to a picture: the one sampling loop, for drawing and for the rollouts of training.

Moment         one moment of a trajectory, and the predictions made there
Safety         what SLD steers away from, and how
trajectory     denoise step by step under guidance
generate       prompts and seeds -> pictures
"""

import inspect
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from PIL import Image
from torch import Tensor

from unsee.denoisers.base import Condition, Defaults, Denoiser, Scheduler
from unsee.errors import OptionError
from unsee.prompts import DRAWN_AT_ONCE
from unsee.running.progress import Progress, Watch
from unsee.sampling.guidance import (
    Momentum,
    SafeLatentDiffusion,
    classifier_free_guidance,
    safe_latent_guidance,
)

Generators = torch.Generator | Sequence[torch.Generator]


@dataclass(frozen=True)
class Moment:
    """One moment of a guided trajectory."""

    x_t: Tensor
    """(rows, channels, height, width): what the network was shown."""
    t: Tensor
    """The timestep, a scalar."""
    eps_c: Tensor
    """The network's prediction under the prompt."""
    eps_null: Tensor | None
    """And under the null prompt; None where neither guidance nor the caller needs it."""
    x_next: Tensor
    """The latent after this step; not scaled for the network yet."""


@dataclass(frozen=True)
class Safety:
    """What SLD steers away from, and how."""

    concept: Condition
    """A row for each picture."""
    config: SafeLatentDiffusion


@torch.no_grad()
def trajectory(
    denoiser: Denoiser,
    x: Tensor,
    condition: Condition,
    null: Condition,
    scheduler: Scheduler,
    *,
    guidance: float,
    generator: Generators,
    both: bool = False,
    safety: Safety | None = None,
) -> Iterator[Moment]:
    """Denoise `x` from the first timestep of `scheduler` to the last, guided as Eq. 3 has it.

    `null` is what guidance leads away from, ∅ or a negative prompt. With guidance 1 it is not
    evaluated, unless the caller wants `both` predictions or SLD needs it for `safety`.
    """
    noise = {"generator": generator} if _takes_generator(scheduler.step) else {}
    momentum = Momentum()
    for t in scheduler.timesteps:
        x_t = scheduler.scale_model_input(x, t)
        eps_null = None
        if safety is not None:
            eps_c, eps_null, eps_safety = denoiser.predict(
                torch.cat([x_t] * 3), t, Condition.cat([condition, null, safety.concept])
            ).chunk(3)
            # What is predicted, times this, is ε but for a term that all three share.
            unit = _of_epsilon(denoiser, scheduler, t)
            guided, momentum = safe_latent_guidance(
                unit * eps_null, unit * eps_c, unit * eps_safety, guidance, safety.config, momentum
            )
            guided = guided / unit
        elif both or guidance != 1:
            eps_c, eps_null = denoiser.predict(
                torch.cat([x_t, x_t]), t, Condition.cat([condition, null])
            ).chunk(2)
        else:
            eps_c = denoiser.predict(x_t, t, condition)
        if safety is None:
            guided = (
                eps_c
                if eps_null is None or guidance == 1
                else classifier_free_guidance(eps_null, eps_c, guidance)
            )
        x = scheduler.step(guided, t, x, **noise).prev_sample
        yield Moment(x_t, t, eps_c, eps_null, x)


def _of_epsilon(denoiser: Denoiser, scheduler: Scheduler, t: Tensor) -> float:
    """The factor from what is predicted to ε: α for v-prediction, as objective.py has it."""
    if denoiser.prediction_type == "epsilon":
        return 1.0
    steps = scheduler.config["num_train_timesteps"]
    alphas: Tensor = scheduler.alphas_cumprod  # type: ignore[attr-defined]
    alpha_bar = float(alphas[min(round(float(t)), steps - 1)])
    return max(math.sqrt(alpha_bar), 1e-4)


def _takes_generator(step: Callable[..., object]) -> bool:
    return "generator" in inspect.signature(step).parameters


@torch.no_grad()
def generate(
    model: Denoiser,
    prompts: Sequence[str],
    seeds: Sequence[int],
    *,
    steps: int | None = None,
    guidance: float | None = None,
    negative: str | None = None,
    unsafe: str | None = None,
    sld: SafeLatentDiffusion | None = None,
    height: int | None = None,
    width: int | None = None,
    batch_size: int = DRAWN_AT_ONCE,
    progress: Watch | None = None,
) -> list[Image.Image]:
    """Draw one picture per pair of prompt and seed; by SLD, with a concept to steer away from.

    Each picture has its own noise, so a seed gives the same picture in whatever company it is
    drawn (to the last bit of a float: batches of another size are added up in another order).
    """
    if len(prompts) != len(seeds):
        raise OptionError(f"{len(prompts)} prompts but {len(seeds)} seeds; give one for each")
    if batch_size < 1:
        raise OptionError(f"--batch-size must be at least 1, not {batch_size}")
    settings = sampler_settings(model, steps, guidance)
    if (unsafe is None) != (sld is None):
        raise OptionError("SLD needs both, a concept (--unsafe) and a configuration (--sld)")
    shape = model.latent_shape(height, width)
    unsafe_concept = None if unsafe is None else model.encode([unsafe])
    null = model.encode([negative or ""])
    pictures: list[Image.Image] = []
    began = time.monotonic()
    for start in range(0, len(prompts), batch_size):
        chosen = slice(start, start + batch_size)
        generators = [torch.Generator().manual_seed(seed) for seed in seeds[chosen]]
        scheduler = model.make_scheduler(settings.steps)
        noise = torch.stack([torch.randn(shape, generator=own) for own in generators])
        latents = noise.to(model.device) * scheduler.init_noise_sigma
        for moment in trajectory(
            model,
            latents,
            model.encode(prompts[chosen]),
            null.expand(len(generators)),
            scheduler,
            guidance=settings.guidance,
            generator=generators,
            safety=(
                Safety(unsafe_concept.expand(len(generators)), sld)
                if unsafe_concept is not None and sld is not None
                else None
            ),
        ):
            latents = moment.x_next
        pictures += [Image.fromarray(picture.numpy()) for picture in model.decode(latents)]
        if progress is not None:
            seconds = time.monotonic() - began
            progress(Progress(done=len(pictures), total=len(prompts), seconds=seconds))
    return pictures


def sampler_settings(model: Denoiser, steps: int | None, guidance: float | None) -> Defaults:
    """Return the model's own settings with what the caller asks for instead."""
    return replace(
        model.defaults,
        steps=model.defaults.steps if steps is None else steps,
        guidance=model.defaults.guidance if guidance is None else guidance,
    )
