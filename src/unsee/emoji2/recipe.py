"""The recipe of `emoji` 2: one command trains everything that ships, and what it is measured by.

train   tower -> vae -> judges -> latents -> denoiser -> decoder -> what ships -> floors
"""

from __future__ import annotations

from pathlib import Path

import torch

from unsee.emoji.fit import fit
from unsee.emoji2.floors import train_floors
from unsee.emoji2.latents import encode
from unsee.emoji2.publish import publish
from unsee.emoji2.stages import (
    TrainConfig,
    load_system,
    trained_judge,
    trained_second,
    trained_tower,
    trained_vae,
)
from unsee.emoji2.theatre import Theatre
from unsee.emoji2.train_decoder import DecoderStage
from unsee.emoji2.train_denoiser import DenoiserStage
from unsee.running.progress import Watch


def train(config: TrainConfig, watch: Watch | None = None) -> Path:
    """Train what is missing of a run and publish it; returns the folder of what ships.

    Raises:
        Stopped: on Ctrl-C or SIGTERM; the same call goes on where it was.
    """
    theatre = Theatre()
    tower = trained_tower(config, theatre, watch)
    vae = trained_vae(config, theatre, watch)
    trained_judge(config, theatre, watch)
    trained_second(config, watch)
    folder = config.run / "latents"
    latents = encode(vae, theatre, folder, config.seed, config.pictures, watch)
    torch.manual_seed(config.seed)
    denoiser = DenoiserStage(vae, tower.tokenizer, tower.tower, latents)
    fit(denoiser, config.denoiser, config.run / "denoiser", watch)
    torch.manual_seed(config.seed)
    decoder = DecoderStage(vae.requires_grad_(True), theatre, latents)
    fit(decoder, config.decoder, config.run / "decoder", watch)
    out = publish(config, theatre)
    train_floors(config, load_system(config), latents, watch)
    return out
