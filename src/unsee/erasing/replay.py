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
from unsee.erasing.latents import Sample, original
from unsee.erasing.lessons import Lessons
from unsee.running.files import writing
from unsee.running.fingerprints import fingerprint

LAYOUT = 2
"""Of the files; a change of what they hold changes every key."""


def rollouts(
    denoiser: Denoiser,
    lessons: Lessons,
    lesson: Tensor,
    config: EraseConfig,
    first: int,
    cache: Path | None = None,
) -> Sample:
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
    phrases = {"hidden": lessons.phrases.hidden}
    if lessons.phrases.pooled is not None:
        phrases["pooled"] = lessons.phrases.pooled
    indices = {
        "lesson": lesson,
        "prompt": lessons.prompt[lesson],
        "concept": lessons.concept[lesson],
        "null": lessons.null[lesson],
        "start": lessons.start[lesson],
        "erases": lessons.eta[lesson] != 0,
    }
    schedule = denoiser.schedule(config.sampler_steps, config.sampler)
    facts = [
        LAYOUT,
        denoiser.fingerprint,
        str(denoiser.dtype),
        denoiser.latent_shape(),
        schedule.facts(),
        config.sampler_steps,
        config.sampling_guidance,
        config.rollout_seed,
        first,
        fingerprint({**phrases, **indices}),
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def _read(path: Path, device: torch.device) -> Sample | None:
    """Read a round; None where there is none, or a damaged one."""
    try:
        columns = load_file(path)
        return Sample(**{name: value.to(device) for name, value in columns.items()})
    except (OSError, SafetensorError, TypeError):
        return None
