"""Pictures in memory.

generate           every prompt at every seed
draw               one picture for each pair of prompt and seed
sampler_settings   the model's own settings, with what the caller asks for
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import overload

import torch
from PIL import Image

from unsee.denoisers.base import Defaults, Denoiser
from unsee.denoisers.condition import Condition
from unsee.denoisers.schedule import Schedule
from unsee.errors import OptionError, option, unknown_name
from unsee.prompts import DRAWN_AT_ONCE
from unsee.running.progress import Progress, Watch
from unsee.sampling.guidance import SLD, SafeLatentDiffusion
from unsee.sampling.rules import ClassifierFree, Rule, Safe, epsilon_units
from unsee.sampling.trajectory import trajectory


# A string is a sequence of strings as well: which of the two is meant is the first's business.
@overload
def generate(  # type: ignore[overload-overlap]
    model: Denoiser,
    prompts: str,
    seeds: int = 0,
    *,
    steps: int | None = None,
    guidance: float | None = None,
    negative: str | None = None,
    unsafe: str | None = None,
    sld: str | SafeLatentDiffusion | None = None,
    height: int | None = None,
    width: int | None = None,
    batch_size: int = DRAWN_AT_ONCE,
    progress: Watch | None = None,
) -> Image.Image: ...


@overload
def generate(
    model: Denoiser,
    prompts: str | Sequence[str] | Condition,
    seeds: int | Sequence[int] = 0,
    *,
    steps: int | None = None,
    guidance: float | None = None,
    negative: str | None = None,
    unsafe: str | None = None,
    sld: str | SafeLatentDiffusion | None = None,
    height: int | None = None,
    width: int | None = None,
    batch_size: int = DRAWN_AT_ONCE,
    progress: Watch | None = None,
) -> list[Image.Image]: ...


def generate(
    model: Denoiser,
    prompts: str | Sequence[str] | Condition,
    seeds: int | Sequence[int] = 0,
    *,
    steps: int | None = None,
    guidance: float | None = None,
    negative: str | None = None,
    unsafe: str | None = None,
    sld: str | SafeLatentDiffusion | None = None,
    height: int | None = None,
    width: int | None = None,
    batch_size: int = DRAWN_AT_ONCE,
    progress: Watch | None = None,
) -> Image.Image | list[Image.Image]:
    """Draw every prompt at every seed, prompt by prompt, as `unsee generate` does.

    generate(model, "a cat", 7)                    one picture
    generate(model, "a cat", range(3))             three pictures of a cat
    generate(model, ["a cat", "a dog"], [0, 1])    four: two cats, then two dogs
    generate(model, condition)                     a picture for each row of what was encoded

    Without `steps`, `guidance`, `height` and `width`, the model's own. `negative` takes the place
    of ∅; SLD steers away from `unsafe` by `sld`, the name of a configuration or one of your own.

    A seed gives the same picture in whatever company it is drawn (to the last bit of a float:
    batches of another size are added up in another order).

    Raises:
        OptionError: a setting out of its range, or two that contradict each other.
    """
    several: Sequence[str] | Condition = [prompts] if isinstance(prompts, str) else prompts
    numbers = [seeds] if isinstance(seeds, int) else list(seeds)
    every = [place for place in range(len(several)) for _ in numbers]
    rows: Sequence[str] | Condition
    if isinstance(several, Condition):
        rows = several[torch.tensor(every, device=several.hidden.device)]
    else:
        rows = [several[place] for place in every]
    pictures = draw(
        model,
        rows,
        numbers * len(several),
        steps=steps,
        guidance=guidance,
        negative=negative,
        unsafe=unsafe,
        sld=sld,
        height=height,
        width=width,
        batch_size=batch_size,
        progress=progress,
    )
    return pictures[0] if isinstance(prompts, str) and isinstance(seeds, int) else pictures


def draw(
    model: Denoiser,
    prompts: Sequence[str] | Condition,
    seeds: Sequence[int],
    *,
    steps: int | None = None,
    guidance: float | None = None,
    negative: str | None = None,
    unsafe: str | None = None,
    sld: str | SafeLatentDiffusion | None = None,
    height: int | None = None,
    width: int | None = None,
    batch_size: int = DRAWN_AT_ONCE,
    progress: Watch | None = None,
) -> list[Image.Image]:
    """Draw one picture for each pair of prompt and seed; settings as in `generate`."""
    if len(prompts) != len(seeds):
        raise OptionError(f"{len(prompts)} prompts but {len(seeds)} seeds; give one for each")
    if batch_size < 1:
        raise OptionError(f"{option('batch_size')} must be at least 1, not {batch_size}")
    settings = sampler_settings(model, steps, guidance)
    if (unsafe is None) != (sld is None):
        raise OptionError(
            f"SLD needs both, a concept ({option('unsafe')}) and a configuration ({option('sld')})"
        )
    if unsafe is not None and not (unsafe.strip() and settings.guidance > 1):
        raise OptionError(
            f"SLD steers away from a concept, at a {option('guidance')} above 1; "
            f"name one by {option('unsafe')}, and raise {option('guidance')}"
        )
    if negative and settings.guidance <= 1:
        raise OptionError(
            f"{option('negative')} has no effect at a guidance of {settings.guidance:g}; "
            f"raise {option('guidance')} above 1, or leave it out"
        )
    away = None if unsafe is None else (model.encode([unsafe]), _configuration(sld, settings.steps))
    null = model.encode([negative or ""])
    shape = model.latent_shape(height, width)
    pictures: list[Image.Image] = []
    began = time.monotonic()
    for start in range(0, len(prompts), batch_size):
        chosen = slice(start, start + batch_size)
        generators = [torch.Generator().manual_seed(seed) for seed in seeds[chosen]]
        schedule = model.schedule(settings.steps, height=height, width=width)
        noise = torch.stack([torch.randn(shape, generator=own) for own in generators])
        latents = schedule.start(noise.to(model.device))
        batch = prompts[chosen]
        condition = batch if isinstance(batch, Condition) else model.encode(batch)
        rule = _rule(model, condition, null, settings.guidance, away, schedule)
        for moment in trajectory(model, latents, rule, schedule, generators):
            latents = moment.x_next
        pictures += [Image.fromarray(picture.numpy()) for picture in model.decode(latents)]
        if progress is not None:
            seconds = time.monotonic() - began
            progress(Progress(done=len(pictures), total=len(prompts), seconds=seconds))
    return pictures


def _rule(
    model: Denoiser,
    condition: Condition,
    null: Condition,
    guidance: float,
    away: tuple[Condition, SafeLatentDiffusion] | None,
    schedule: Schedule,
) -> Rule:
    rows = len(condition)
    if away is None:
        return ClassifierFree(condition, null.expand(rows), guidance)
    concept, config = away
    units = epsilon_units(model, schedule)
    return Safe(condition, null.expand(rows), concept.expand(rows), guidance, config, units)


def _configuration(sld: str | SafeLatentDiffusion | None, steps: int) -> SafeLatentDiffusion:
    if isinstance(sld, SafeLatentDiffusion):
        return sld
    if sld not in SLD:
        raise unknown_name("configuration of SLD", str(sld), SLD)
    return SLD[sld].over(steps)


def sampler_settings(model: Denoiser, steps: int | None, guidance: float | None) -> Defaults:
    """Return the model's own settings with what the caller asks for instead."""
    return replace(
        model.defaults,
        steps=model.defaults.steps if steps is None else steps,
        guidance=model.defaults.guidance if guidance is None else guidance,
    )
