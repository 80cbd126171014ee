"""The recipe of `emoji`: one command trains everything that ships, from the atlas.

`TrainConfig`  where the run lies, and how long each stage is
`train`        vae -> judge -> latents -> denoiser -> decoder -> what ships; resumable anywhere
`publish`      the shipped weights from what a run holds now, finished or not, with their card

Two CPU cores are enough; the card that `publish` writes says how long it took.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file

from unsee.emoji import cast, evaluators
from unsee.emoji.fit import FitConfig, fit, load_averages
from unsee.emoji.latents import encode, normalise
from unsee.emoji.model import Parts, folder, new_vae, save
from unsee.emoji.scenes import Theatre
from unsee.emoji.train_decoder import DecoderStage
from unsee.emoji.train_denoiser import DenoiserStage
from unsee.emoji.train_judge import JudgeStage, held_out
from unsee.emoji.train_vae import VaeStage
from unsee.running.files import writing
from unsee.running.progress import Watch

CARD = folder().parent / "card.json"


@dataclass(frozen=True)
class TrainConfig:
    """Options of `unsee emoji train`."""

    run: Path = Path("runs/emoji")
    """Folder of checkpoints, logs and sample sheets; a run found there is continued."""
    seed: int = 0
    """Seed of everything random."""
    pictures: int = 30_000
    """Pictures that the denoiser trains on, each encoded once."""
    exam: int = 4_000
    """Held-out pictures that the judge is examined on."""
    vae: FitConfig = field(
        default_factory=lambda: FitConfig(
            steps=9_000, batch=8, lr=1e-3, weight_decay=0.0, ema=0.998
        )
    )
    judge: FitConfig = field(default_factory=lambda: FitConfig(steps=4_000, batch=64, lr=2e-3))
    denoiser: FitConfig = field(
        default_factory=lambda: FitConfig(steps=20_000, batch=64, lr=1e-3, warmup=500, ema=0.9995)
    )
    decoder: FitConfig = field(
        default_factory=lambda: FitConfig(
            steps=16_000, batch=8, lr=5e-4, weight_decay=0.0, ema=0.998
        )
    )


def train(config: TrainConfig, watch: Watch | None = None, out: Path | None = None) -> Path:
    """Train what is missing of a run and publish it; returns the folder of the weights.

    Raises:
        Stopped: on Ctrl-C; the same call goes on where it was.
    """
    theatre = Theatre()
    vae = _vae(config, theatre, watch)
    torch.manual_seed(config.seed)
    judge = JudgeStage(theatre)
    fit(judge, config.judge, config.run / "judge", watch)
    latents = encode(
        vae, theatre, config.run / "latents.safetensors", config.seed, config.pictures, watch
    )
    torch.manual_seed(config.seed)
    denoiser = DenoiserStage(vae, latents)
    fit(denoiser, config.denoiser, config.run / "denoiser", watch)
    decoder = DecoderStage(vae.requires_grad_(True), theatre, latents)
    fit(decoder, config.decoder, config.run / "decoder", watch)
    return publish(config, out)


def publish(config: TrainConfig, out: Path | None = None) -> Path:
    """Write the averaged weights of a run as the shipped checkpoint, judge and card.

    Raises:
        CheckpointError: a stage has no checkpoint yet.
    """
    out = out or folder().parent
    theatre = Theatre()
    vae = _vae(config, theatre)
    judge = JudgeStage(theatre)
    load_averages(judge, config.run / "judge")
    if (config.run / "decoder").exists():
        load_averages(DecoderStage(vae, theatre), config.run / "decoder")
    denoiser = DenoiserStage(vae)
    load_averages(denoiser, config.run / "denoiser")
    parts = Parts(vae, denoiser.unet, denoiser.text_encoder, denoiser.tokenizer, denoiser.scheduler)
    save(parts, out / "model")
    weights = {name: value.half() for name, value in judge.judge.state_dict().items()}
    with writing(out / "judge.safetensors", overwrite=True) as temporary:
        save_file(weights, temporary)
    evaluators.load_judge.cache_clear()
    shipped = evaluators.load_judge(out / "judge.safetensors")
    _write_card(config, out / "card.json", held_out(shipped, theatre, config.exam))
    return out


def _vae(config: TrainConfig, theatre: Theatre, watch: Watch | None = None) -> AutoencoderKL:
    """The finished autoencoder, its latents normalised."""
    torch.manual_seed(config.seed)
    path = config.run / "vae" / "normalised.safetensors"
    if path.exists():
        vae = new_vae()
        vae.load_state_dict(load_file(path))
        vae.register_to_config(scaling_factor=1.0)
        return vae.eval()
    stage = VaeStage(theatre)
    fit(stage, config.vae, config.run / "vae", watch)
    normalise(stage.vae, theatre, min(config.pictures, 2_000))
    with writing(path) as temporary:
        save_file(stage.vae.state_dict(), temporary)
    return stage.vae.eval()


def _write_card(config: TrainConfig, path: Path, judged: dict[str, float]) -> None:
    """Where the weights come from: settings, steps and hours of every stage, the judge's exam."""
    stages = {}
    for name in ("vae", "judge", "denoiser", "decoder"):
        if not (config.run / name / "log.jsonl").exists():
            continue
        rows = (config.run / name / "log.jsonl").read_text().splitlines()
        last = json.loads(rows[-1])
        settings = asdict(getattr(config, name))
        hours = round(last.pop("seconds") / 3600, 2)
        stages[name] = {"settings": settings, "hours_on_two_cores": hours, "last": last}
    about = {
        "seed": config.seed,
        "pictures": config.pictures,
        "objects": len(cast.OBJECTS),
        "artists": list(cast.ARTIST_NAMES),
        "stages": stages,
        "judge_on_held_out_pictures": {k: round(v, 4) for k, v in judged.items()},
    }
    with writing(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(about, indent=1) + "\n")
