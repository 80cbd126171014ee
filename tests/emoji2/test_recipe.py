"""The whole recipe of emoji 2, a few steps of each stage, and what it writes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from transformers import CLIPTextModel

from unsee.emoji.fit import FitConfig
from unsee.emoji2.judge import load_judge
from unsee.emoji2.model import read_prompts, with_projection
from unsee.emoji2.recipe import train
from unsee.emoji2.second_judge import icons, load_second
from unsee.emoji2.stages import TrainConfig
from unsee.emoji2.train_denoiser import DenoiserStage
from unsee.emoji2.wide import CELL

FEW = FitConfig(steps=2, batch=2, lr=1e-3, warmup=1)


@pytest.mark.slow
def test_one_command_trains_publishes_and_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A sheet of the denoiser is twenty steps for a hundred prompts.
    monkeypatch.setattr(DenoiserStage, "sheet", lambda _: Image.new("RGB", (2, 2)))
    run = tmp_path / "run"
    run.mkdir()
    chance = np.random.default_rng(0)
    drawings = chance.integers(0, 256, (8, len(icons()), CELL, CELL, 4), dtype=np.uint8)
    np.save(run / "wide.npy", drawings, allow_pickle=False)
    config = TrainConfig(
        run=run, pictures=40, pool=40, exam=4, tower=FEW, vae=FEW, judge=replace(FEW, batch=8),
        second=FEW, denoiser=FEW, decoder=FEW, floor=FEW,
    )  # fmt: skip
    out = train(config)
    names = {"model", "judge.safetensors", "second-judge.safetensors", "card.json", "implicit.json"}
    assert {path.name for path in out.iterdir()} == names
    pipe = StableDiffusionPipeline.from_pretrained(out / "model")
    pipe.set_progress_bar_config(disable=True)
    picture = pipe("a cat", num_inference_steps=2, output_type="np").images
    assert picture.shape == (1, 128, 128, 3)
    assert load_judge(out / "judge.safetensors")(torch.zeros(1, 3, 128, 128)).marks.shape == (1, 2)
    assert load_second(out / "second-judge.safetensors")(torch.zeros(1, 3, 128, 128))
    tower = with_projection(out / "model")
    plain = CLIPTextModel.from_pretrained(out / "model" / "text_encoder")
    with torch.no_grad():
        assert torch.equal(
            read_prompts(pipe.tokenizer, tower, ["a cat"]),
            read_prompts(pipe.tokenizer, plain, ["a cat"]),
        )
    floor = run / "floors" / "without-badge" / "model"
    assert json.loads((floor / "training.json").read_text())["pictures"] < 40
    weights = Path("unet/diffusion_pytorch_model.safetensors")
    before = (out / "model" / weights).read_bytes()
    train(config)
    assert (out / "model" / weights).read_bytes() == before
