"""The whole recipe of emoji, a few steps of each stage, and what it writes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline

from unsee import load
from unsee.emoji import train_denoiser
from unsee.emoji.censored import CensoredConfig, train_censored
from unsee.emoji.evaluators import load_judge
from unsee.emoji.fit import FitConfig
from unsee.emoji.recipe import TrainConfig, publish, train

FEW = FitConfig(steps=4, batch=1, lr=1e-3)


@pytest.fixture(autouse=True)
def quick_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sheet to look at has 192 drawings; a step of each is enough of them."""
    monkeypatch.setattr(train_denoiser, "STEPS", 1)


def test_the_recipe_writes_a_checkpoint_that_diffusers_loads(tmp_path: Path) -> None:
    config = TrainConfig(
        run=tmp_path / "run", pictures=10, exam=10, vae=FEW, judge=replace(FEW, batch=2),
        denoiser=FEW, decoder=FEW,
    )  # fmt: skip
    out = train(config, out=tmp_path / "out")
    assert {path.name for path in out.iterdir()} == {"model", "judge.safetensors", "card.json"}
    pipe = StableDiffusionPipeline.from_pretrained(out / "model")
    pipe.set_progress_bar_config(disable=True)
    picture = pipe("a cat", num_inference_steps=2, output_type="np").images
    assert picture.shape == (1, 64, 64, 3)
    card = json.loads((out / "card.json").read_text())
    assert card["stages"]["denoiser"]["last"]["step"] == FEW.steps
    assert 0 <= card["judge_on_held_out_pictures"]["object"] <= 1
    verdict = load_judge(out / "judge.safetensors")(torch.zeros(1, 3, 64, 64))
    assert verdict.objects.shape == (1, 64)
    # Publishing again what is trained already gives the same bytes.
    weights = Path("model/unet/diffusion_pytorch_model.safetensors")
    again = publish(config, tmp_path / "again")
    assert (again / weights).read_bytes() == (out / weights).read_bytes()


def test_a_censored_model_is_trained_on_pictures_without_the_badge(tmp_path: Path) -> None:
    config = CensoredConfig(run=tmp_path, pictures=10, denoiser=FEW)
    folder = train_censored(config)
    assert json.loads((folder / "training.json").read_text())["steps"] == FEW.steps
    before = (folder / "unet/diffusion_pytorch_model.safetensors").read_bytes()
    censored = load(folder)
    shipped = load("emoji")
    assert censored.fingerprint != shipped.fingerprint
    assert censored.defaults == shipped.defaults
    # Called again, it has nothing left to do, and writes the same.
    (folder / "training.json").unlink()
    again = train_censored(config)
    assert (again / "unet/diffusion_pytorch_model.safetensors").read_bytes() == before
