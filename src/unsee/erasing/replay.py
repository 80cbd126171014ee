"""Trajectories of the unedited model, sampled once: the stock of latents behind source original.

rollouts     a round of trajectories, from the cache where it holds them
round_key    what a round depends on, as the name of its file

A round depends on the model, the prompts, the sampler and the seed of its noise. η, the method,
the learning rate and the number of steps have no part in it, so erasures that differ in these
share a folder of rounds. The folder may be deleted at any time: what is missing is sampled again,
to the same numbers.
"""

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from unsee.denoisers.base import Denoiser
from unsee.erasing.config import EraseConfig
from unsee.erasing.latents import Lessons, RolloutSample, original
from unsee.running.files import writing
from unsee.running.fingerprints import fingerprint

LAYOUT = 1
"""Of the files; a change of what they hold changes every key."""


def rollouts(
    denoiser: Denoiser,
    lessons: Lessons,
    lesson: Tensor,
    config: EraseConfig,
    first: int,
    cache: Path | None = None,
) -> RolloutSample:
    """Sample one trajectory per row of `lesson`, of which `first` is the number of the first.

    With `cache`, a folder, the round is read from there; or sampled, and kept there.
    """
    path = None
    if cache is not None:
        path = cache / f"{round_key(denoiser, lessons, lesson, config, first)}.safetensors"
        kept = _read(path, denoiser.device)
        if kept is not None:
            return kept
    seed = config.rollout_seed << 32 | first
    generator = torch.Generator().manual_seed(seed % 2**63)
    sampled = original(denoiser, lessons, lesson, config, generator)
    if path is not None:
        with writing(path, overwrite=True) as temporary:
            columns = {name: t.contiguous().cpu() for name, t in sampled.tensors().items()}
            save_file(columns, temporary)
    return sampled


def round_key(
    denoiser: Denoiser, lessons: Lessons, lesson: Tensor, config: EraseConfig, first: int
) -> str:
    """Hash everything that the numbers of a round depend on."""
    columns = {"lesson": lesson, "starts_at_asked": lessons.starts_at_asked[lesson]}
    for name in ("asked", "concept", "null", "unconditional"):
        condition = getattr(lessons, name)
        rows = condition if name == "unconditional" else condition[lesson]
        columns[f"{name} hidden"] = rows.hidden
        if rows.pooled is not None:
            columns[f"{name} pooled"] = rows.pooled
    scheduler = denoiser.make_scheduler(config.sampler_steps, config.sampler)
    facts = [
        LAYOUT,
        denoiser.fingerprint,
        str(denoiser.dtype),
        denoiser.latent_shape(),
        type(scheduler).__name__,
        sorted((name, str(value)) for name, value in scheduler.config.items()),
        config.sampler_steps,
        config.sampling_guidance,
        config.rollout_seed,
        first,
        fingerprint(columns),
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def _read(path: Path, device: torch.device) -> RolloutSample | None:
    """Read a round; None where there is none, or a damaged one."""
    try:
        columns = load_file(path)
        return RolloutSample(**{name: value.to(device) for name, value in columns.items()})
    except (OSError, SafetensorError, TypeError):
        return None
