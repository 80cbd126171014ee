"""The stages of the recipe of `emoji` 2, each from its checkpoint where there is one.

`TrainConfig`  where the run lies, and how long each stage is
`load_system`  the trained parts of a run, as far as it has come
`trained_*`    the stages, each from its checkpoint where it is finished
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file

from unsee.emoji.fit import FitConfig, fit, load_averages
from unsee.emoji2.enlarged import compare
from unsee.emoji2.implicit_text import text_likeness
from unsee.emoji2.latents import normalise
from unsee.emoji2.model import System, new_vae
from unsee.emoji2.pool import Pool, TwinPool
from unsee.emoji2.realms import REALMS
from unsee.emoji2.results import write_json
from unsee.emoji2.theatre import Theatre
from unsee.emoji2.train_decoder import DecoderStage
from unsee.emoji2.train_denoiser import DenoiserStage
from unsee.emoji2.train_judge import JudgeStage
from unsee.emoji2.train_second import SecondStage
from unsee.emoji2.train_tower import TowerStage
from unsee.emoji2.train_vae import VaeStage
from unsee.emoji2.wide import WideTheatre, wide_drawings
from unsee.running.files import writing
from unsee.running.progress import Watch

SHEET_MINUTES = 20.0
"""A sheet of the denoiser costs half a minute; the other stages' cost nothing."""


@dataclass(frozen=True)
class TrainConfig:
    """Options of the recipe."""

    run: Path = Path("runs/emoji2")
    """Folder of checkpoints, logs and sample sheets; a run found there is continued."""
    cache: Path = Path("runs/npm")
    """Folder of the npm packages, of which the second judge's drawings are made."""
    seed: int = 0
    """Seed of everything random."""
    pictures: int = 60_000
    """Pictures that the denoiser trains on, each encoded once."""
    pool: int = 30_000
    """Pictures that tower and judge train on, each rendered once."""
    exam: int = 4_000
    """Held-out pictures that the judges are examined on."""
    tower: FitConfig = field(
        default_factory=lambda: FitConfig(
            steps=3_000, batch=192, lr=1e-3, warmup=100, weight_decay=0.05, ema=0.995
        )
    )
    vae: FitConfig = field(
        default_factory=lambda: FitConfig(
            steps=32_000, batch=8, lr=1e-3, weight_decay=0.0, ema=0.998
        )
    )
    judge: FitConfig = field(default_factory=lambda: FitConfig(steps=4_000, batch=64, lr=2e-3))
    second: FitConfig = field(
        default_factory=lambda: FitConfig(steps=5_000, batch=96, lr=2e-3, weight_decay=0.05)
    )
    denoiser: FitConfig = field(
        default_factory=lambda: FitConfig(
            steps=40_000, batch=64, lr=1e-3, warmup=500, ema=0.9995, save_minutes=SHEET_MINUTES
        )
    )
    decoder: FitConfig = field(
        default_factory=lambda: FitConfig(
            steps=16_000, batch=8, lr=5e-4, weight_decay=0.0, ema=0.998
        )
    )
    floor: FitConfig = field(
        default_factory=lambda: FitConfig(
            steps=20_000, batch=64, lr=1e-3, warmup=500, ema=0.9995, save_minutes=SHEET_MINUTES
        )
    )
    """Each of the models that never saw a concept."""


def trained_tower(config: TrainConfig, theatre: Theatre, watch: Watch | None = None) -> TowerStage:
    """The text tower; how its words stand to each other is written beside it."""
    torch.manual_seed(config.seed)
    stage = TowerStage(TwinPool(theatre, "tower", config.pool))
    fit(stage, config.tower, config.run / "tower", watch)
    # More than a gigabyte, which no later stage needs.
    stage.pool = None
    likeness = {
        realm.name: {
            way: asdict(measured)
            for way, measured in text_likeness(stage.tokenizer, stage.tower, realm).items()
        }
        for realm in REALMS.values()
    }
    write_json(config.run / "tower" / "likeness.json", likeness)
    return stage


def trained_vae(config: TrainConfig, theatre: Theatre, watch: Watch | None = None) -> AutoencoderKL:
    """The autoencoder, its latents normalised; how it compares to 64 pixels is written beside."""
    path = config.run / "vae" / "normalised.safetensors"
    if not path.exists():
        torch.manual_seed(config.seed)
        stage = VaeStage(theatre)
        fit(stage, config.vae, config.run / "vae", watch)
        compared = compare(stage.vae.eval(), theatre, min(512, config.exam))
        write_json(
            config.run / "vae" / "enlarged.json", {k: asdict(v) for k, v in compared.items()}
        )
        normalise(stage.vae, theatre, min(2_000, config.pictures))
        with writing(path) as temporary:
            save_file(stage.vae.state_dict(), temporary)
    vae = new_vae()
    vae.load_state_dict(load_file(path))
    vae.register_to_config(scaling_factor=1.0)
    return vae.eval()


def trained_judge(config: TrainConfig, theatre: Theatre, watch: Watch | None = None) -> JudgeStage:
    """The first judge."""
    torch.manual_seed(config.seed)
    stage = JudgeStage(Pool(theatre, "judge", config.pool))
    fit(stage, config.judge, config.run / "judge", watch)
    return stage


def trained_second(config: TrainConfig, watch: Watch | None = None) -> SecondStage:
    """The second judge."""
    torch.manual_seed(config.seed)
    drawings = wide_drawings(config.run / "wide.npy", config.cache)
    stage = SecondStage(WideTheatre(drawings))
    fit(stage, config.second, config.run / "second", watch)
    return stage


def load_system(config: TrainConfig) -> System:
    """The averaged weights of a run's model, finished or not.

    Raises:
        CheckpointError: a stage has no checkpoint yet.
    """
    theatre = Theatre()
    tower = TowerStage()
    load_averages(tower, config.run / "tower")
    vae = trained_vae(config, theatre)
    if (config.run / "decoder" / "checkpoint.safetensors").exists():
        load_averages(DecoderStage(vae, theatre), config.run / "decoder")
    denoiser = DenoiserStage(vae, tower.tokenizer, tower.tower)
    load_averages(denoiser, config.run / "denoiser")
    return System(vae, denoiser.unet.eval(), tower.tower, tower.tokenizer)
