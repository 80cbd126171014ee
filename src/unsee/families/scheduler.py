"""A model's scheduler of diffusers, and the samplers that it can be exchanged for.

mended     a scheduler without the mistakes of old checkpoints
schedule   steps set, as a denoisers.schedule.Schedule
"""

from collections.abc import Mapping
from typing import Any

import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

from unsee.denoisers.samplers import SAMPLERS
from unsee.denoisers.schedule import Discrete
from unsee.errors import OptionError, option, unknown_name


def mended(scheduler: Any, settings: Mapping[str, Any]) -> Any:
    """Make a scheduler anew, with those of `settings` that it has in place of its own."""
    known = {key: value for key, value in settings.items() if key in scheduler.config}
    return type(scheduler).from_config(scheduler.config, **known)


def schedule(name: str, scheduler: Any, steps: int, sampler: str, device: torch.device) -> Discrete:
    """Set `steps` steps of the scheduler of the model `name`, or of a sampler with its noise.

    Raises:
        UnknownName: `sampler` is no key of SAMPLERS.
        OptionError: more steps than the model knows, or a sampler that cannot take its noise.
    """
    if sampler not in SAMPLERS:
        raise unknown_name("sampler", sampler, SAMPLERS)
    config = scheduler.config
    if steps > config.num_train_timesteps:
        raise OptionError(
            f"{steps} sampler steps, but {name} knows only {config.num_train_timesteps}"
        )
    if sampler != "model" and "beta_schedule" not in config:
        raise OptionError(
            f"{name} has a noise schedule that {sampler} does not know; use {option('sampler')} "
            "model"
        )
    fresh: Any
    if sampler == "ddim":
        # Other schedulers' configs do not say whether DDIM shall clip; latents must not be.
        fresh = DDIMScheduler.from_config(config, clip_sample=False)
    elif sampler == "dpm++":
        fresh = DPMSolverMultistepScheduler.from_config(
            config, algorithm_type="dpmsolver++", solver_order=2, thresholding=False
        )
    else:
        fresh = type(scheduler).from_config(config)
    fresh.set_timesteps(steps, device=device)
    return Discrete(fresh)
