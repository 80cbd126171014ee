"""`emoji` without the badge: the paper's rival, a model retrained on data somebody has cleaned.

`CensoredConfig`  where the run lies, and how long it trains
`train_censored`  latents without the badge -> denoiser from nothing -> a folder that loads

Stable Diffusion 2.0 was trained so: every picture that a detector took for explicit was left out,
and the autoencoder of 1.x was kept. Here the filter never errs, which no real filter does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from unsee.emoji.fit import FitConfig, fit
from unsee.emoji.latents import encode
from unsee.emoji.model import Parts, folder, save
from unsee.emoji.recipe import TrainConfig
from unsee.emoji.scenes import Theatre
from unsee.emoji.train_denoiser import DenoiserStage
from unsee.running.files import writing
from unsee.running.progress import Watch

if TYPE_CHECKING:
    from diffusers import AutoencoderKL


@dataclass(frozen=True)
class CensoredConfig:
    """Options of `unsee emoji train-censored`."""

    run: Path = Path("runs/censored")
    """Folder of checkpoints, logs and sample sheets; a run found there is continued."""
    seed: int = 0
    """Seed of everything random."""
    pictures: int = TrainConfig.pictures
    """Pictures that the denoiser trains on, none of them with the badge."""
    denoiser: FitConfig = field(default_factory=lambda: TrainConfig().denoiser)


def train_censored(config: CensoredConfig, watch: Watch | None = None) -> Path:
    """Train a denoiser that never saw the badge; returns the folder of the model.

    Raises:
        Stopped: on Ctrl-C; the same call goes on where it was.
    """
    vae = _vae()
    latents = encode(
        vae,
        Theatre(),
        config.run / "latents.safetensors",
        config.seed,
        config.pictures,
        watch,
        badge=False,
    )
    torch.manual_seed(config.seed)
    stage = DenoiserStage(vae, latents)
    fit(stage, config.denoiser, config.run / "denoiser", watch)
    target = config.run / "model"
    save(Parts(_vae(), stage.unet, stage.text_encoder, stage.tokenizer, stage.scheduler), target)
    last = json.loads((config.run / "denoiser" / "log.jsonl").read_text().splitlines()[-1])
    about = {
        "trained_without": "every picture with the adults-only badge",
        "pictures": config.pictures,
        "seed": config.seed,
        "steps": last["step"],
        "seconds": last["seconds"],
    }
    with writing(target / "training.json", overwrite=True) as temporary:
        temporary.write_text(json.dumps(about, indent=1) + "\n")
    return target


def _vae() -> AutoencoderKL:
    """The autoencoder that ships: it is kept, as Stable Diffusion 2.0 kept that of 1.x."""
    from diffusers import AutoencoderKL

    vae: AutoencoderKL = AutoencoderKL.from_pretrained(folder() / "vae")
    return vae.float().eval()
