"""The training loop of the recipe, on a stage that takes no time, and the latents it trains on."""

import json
import os
import random
import signal
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from unsee.emoji.fit import FitConfig, averaged, fit, load_averages
from unsee.emoji.latents import draw_scenes, encode, normalise
from unsee.emoji.model import new_vae
from unsee.emoji.scenes import Theatre
from unsee.emoji.train_judge import render
from unsee.errors import CheckpointError, NonFiniteLoss, Stopped
from unsee.running.progress import Progress

CONFIG = FitConfig(steps=120, batch=4, lr=0.05, warmup=10, ema=0.9)


class Line:
    """Fit y = 3 x + noise with one weight."""

    name = "line"

    def __init__(self, stop_at: int | None = None, break_at: int | None = None) -> None:
        torch.manual_seed(0)
        self.layer = nn.Linear(1, 1)
        self.modules = {"layer": self.layer}
        self.stop_at, self.break_at, self.calls = stop_at, break_at, 0

    def loss(self, chance: random.Random, batch: int) -> dict[str, Tensor]:
        self.calls += 1
        if self.calls == self.stop_at:
            os.kill(os.getpid(), signal.SIGTERM)
        x = torch.full((batch, 1), chance.random()) + torch.randn(batch, 1)
        loss = (self.layer(x) - 3 * x).square().mean()
        return {"line": loss * (float("nan") if self.calls == self.break_at else 1)}

    def sheet(self) -> Image.Image:
        return Image.new("RGB", (2, 2))


def weights(line: Line) -> list[float]:
    return [value.item() for value in line.layer.parameters()]


def test_a_stopped_and_continued_run_ends_with_the_same_bytes(tmp_path: Path) -> None:
    whole, stopped = Line(), Line(stop_at=40)
    fit(whole, CONFIG, tmp_path / "whole")
    with pytest.raises(Stopped, match="step 40"):
        fit(stopped, CONFIG, tmp_path / "parts")
    continued = Line()
    fit(continued, CONFIG, tmp_path / "parts")
    assert continued.calls == 80
    assert weights(continued) == weights(whole)
    assert weights(whole)[0] == pytest.approx(3, abs=0.05)


def test_the_modules_end_with_the_averages_that_the_checkpoint_holds(tmp_path: Path) -> None:
    line, loaded = Line(), Line()
    fit(line, CONFIG, tmp_path)
    load_averages(loaded, tmp_path)
    assert weights(loaded) == weights(line)
    rows = [json.loads(row) for row in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [50, 100, 120]
    assert rows[0]["line"] > rows[1]["line"]
    assert list((tmp_path / "sheets").glob("*.png"))


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_state_before_it(
    tmp_path: Path,
) -> None:
    with pytest.raises(NonFiniteLoss, match="loss of line at step 5 is nan; .*; the last good"):
        fit(Line(break_at=6), CONFIG, tmp_path / "parts")
    continued, whole = Line(), Line()
    fit(continued, CONFIG, tmp_path / "parts")
    assert continued.calls == 115
    fit(whole, CONFIG, tmp_path / "whole")
    assert weights(continued) == weights(whole)


def test_a_gradient_that_is_no_number_reaches_no_weight(tmp_path: Path) -> None:
    line = Line()
    before = weights(line)
    line.layer.weight.register_hook(lambda gradient: gradient * torch.inf)
    with pytest.raises(NonFiniteLoss, match="gradient of line at step 0"):
        fit(line, CONFIG, tmp_path)
    assert weights(line) == before


def test_whoever_watches_is_told_each_step_with_the_losses(tmp_path: Path) -> None:
    seen: list[Progress] = []
    fit(Line(), CONFIG, tmp_path, seen.append)
    assert [now.done for now in seen] == list(range(1, 121))
    assert {(now.what, now.total) for now in seen} == {("line", 120)}
    rows = [json.loads(row) for row in (tmp_path / "log.jsonl").read_text().splitlines()]
    # What is shown at the step of a line of the log is what the log says.
    assert [round(seen[row["step"] - 1].values["line"], 6) for row in rows] == [
        row["line"] for row in rows
    ]


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    fit(Line(), CONFIG, tmp_path)
    other = Line()
    other.modules = {"other": other.layer}
    with pytest.raises(CheckpointError, match="another recipe"):
        fit(other, CONFIG, tmp_path)
    with pytest.raises(CheckpointError, match="train the stage line first"):
        load_averages(other, tmp_path / "nowhere")


def test_averages_are_lent_and_given_back() -> None:
    weight, mean = nn.Parameter(torch.tensor(1.0)), torch.tensor(5.0)
    with averaged({"w": weight}, {"w": mean}):
        assert (weight.item(), mean.item()) == (5, 1)
    assert (weight.item(), mean.item()) == (1, 5)


def test_the_rate_rises_stays_and_falls() -> None:
    rates = [
        FitConfig(steps=1000, batch=1, lr=1, warmup=100, decay=0.3).rate(s) for s in range(1000)
    ]
    assert rates[:100] == sorted(rates[:100])
    assert set(rates[100:700]) == {1.0}
    assert rates[700:] == sorted(rates[700:], reverse=True)
    assert rates[-1] == pytest.approx(0.05)


def test_normalised_latents_have_mean_0_and_spread_1_and_decode_to_the_same(
    tmp_path: Path,
) -> None:
    torch.manual_seed(0)
    vae, theatre = new_vae().eval(), Theatre()
    x = render(theatre, draw_scenes(5, 4))
    with torch.no_grad():
        before = vae.encode(x).latent_dist
        pictures = vae.decode(before.mode()).sample
        normalise(vae, theatre, count=40)
        after = vae.encode(x).latent_dist
        assert torch.allclose(vae.decode(after.mode()).sample, pictures, atol=1e-4)
    ratio = after.std / before.std
    assert torch.allclose(ratio, ratio[:1, :, :1, :1].expand_as(ratio), rtol=1e-3)
    latents = encode(vae, theatre, tmp_path / "latents.safetensors", -1, 40)
    spread = latents.x_0.float()
    assert torch.allclose(spread.mean((0, 2, 3)), torch.zeros(16), atol=1e-2)
    assert torch.allclose(spread.std((0, 2, 3)), torch.ones(16), atol=1e-2)
    again = encode(vae, theatre, tmp_path / "latents.safetensors", -1, 40)
    assert (again.x_0 == latents.x_0).all()
    assert again.scenes == latents.scenes


def test_scenes_without_the_badge_are_the_others_in_their_order() -> None:
    seen = draw_scenes(3, 400)
    clean = draw_scenes(3, 300, badge=False)
    assert not any(scene.badge for scene in clean)
    others = [scene for scene in seen if not scene.badge]
    assert 250 < len(others) < 300 + 100
    assert clean[: len(others)] == others[: len(clean)]
