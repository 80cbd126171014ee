"""What an erasure removed and left: the counting, on answers made by hand."""

import json
import mmap
import sys
from pathlib import Path

import pytest
import torch
from benching import QUICK, Bench

from unsee.benchmarks.canvas.canvas import (
    Answers,
    Canvas,
    Target,
    beside,
    draw_targets,
    real_features,
    retention,
    untrained,
)
from unsee.benchmarks.canvas.options import CanvasOptions
from unsee.benchmarks.canvas.table import table
from unsee.benchmarks.outcome import Outcome
from unsee.benchmarks.worlds.stable_diffusion import StableDiffusion
from unsee.emoji import cast
from unsee.emoji.evaluators import load_judge
from unsee.erasing.config import EraseConfig
from unsee.errors import CheckpointError, OptionError, UnknownName
from unsee.metrics.rates import Rate
from unsee.running.peak_memory import PeakMemory


def answers_to(canvas: Canvas) -> Answers:
    """A judge that is always right."""
    nothing = torch.zeros(len(canvas))
    return Answers(canvas.objects.clone(), canvas.artists.clone(), nothing > 1, nothing[:, None])


@pytest.mark.parametrize("name", ["twemoji", "church"])
def test_a_model_that_forgot_nothing_retains_everything(name: str) -> None:
    target, canvas = Target.named(name), Canvas.whole()
    measured = retention(canvas, answers_to(canvas), target)
    assert (measured.ua.value, measured.ira.value, measured.cra.value) == (0, 1, 1)
    assert measured.ua.trials + measured.ira.trials == len(canvas) == 512
    assert measured.content.value == 1


def test_each_number_counts_its_own_rows_and_heads() -> None:
    target, canvas = Target.named("church"), Canvas.whole()
    answers = answers_to(canvas)
    shown = canvas.shows(target)
    # All churches become the next object; one kept picture loses its artist, two their object.
    answers.objects[shown] += 1
    kept = torch.nonzero(~shown)[:, 0]
    answers.artists[kept[:1]] += 1
    answers.objects[kept[-2:]] -= 1
    measured = retention(canvas, answers, target)
    assert measured.ua == Rate(8, 8)
    assert measured.ira == Rate(502, 504)
    assert measured.cra == Rate(503, 504)
    assert measured.content == Rate(8, 8)


def test_pictures_of_a_target_show_nothing_else_and_differ_from_the_whole_canvas() -> None:
    for target in (Target.named("noto"), Target.named("rose")):
        own = Canvas.of(target)
        assert own.shows(target).all()
        assert len(own) >= 128
        assert 0 not in own.seeds


@pytest.mark.parametrize("name", ["flat", "high contrast", "crown", "cat"])
def test_what_an_erasure_is_told_to_preserve_is_of_others_and_is_not_measured(name: str) -> None:
    target, canvas = Target.named(name), Canvas.whole()
    told = beside(target)
    assert set(told) <= set(canvas[~canvas.shows(target)].prompts)
    assert len(set(told)) == len(told) in (21, 22)
    assert {prompt.split(" in the style of ")[1] for prompt in told} == (
        set(cast.ARTIST_NAMES) - {name}
    ), "every other artist is among them"

    # The first is a context of an artist, the second of an object.
    contexts = ("fish {}", "{} in the style of noto")
    rest = canvas[untrained(canvas, target, EraseConfig(contexts=contexts, preserve=told))]
    assert not set(rest.prompts) & set(told)
    assert len(canvas) - len(rest) == len(told) + 1


def test_prompts_name_object_and_artist() -> None:
    canvas = Canvas.whole()
    assert canvas.prompts[0] == f"{cast.OBJECT_NAMES[0]} in the style of {cast.ARTIST_NAMES[0]}"
    assert len(set(canvas.prompts)) == 512


def test_targets_are_drawn_by_lot() -> None:
    drawn = draw_targets(4, 4)
    assert drawn == draw_targets(4, 4)
    assert drawn != draw_targets(4, 4, seed=1)
    assert [target.kind for target in drawn] == ["artist"] * 4 + ["object"] * 4
    assert len({target.name for target in drawn}) == 8
    assert drawn == [*draw_targets(4, 0), *draw_targets(0, 4)]
    with pytest.raises(OptionError, match="styles must be between 0 and 8, not 99"):
        draw_targets(99, 0)


def test_rows_that_cannot_be_read_and_runs_without_targets_are_refused(
    bench: Bench, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match="nothing to erase"):
        CanvasOptions(styles=0, objects=0, out=tmp_path).check()
    with pytest.raises(OptionError, match="nothing to erase"):
        CanvasOptions(targets=("noto",), train_seeds=(), out=tmp_path).check()
    with pytest.raises(OptionError, match="the canvas is of emoji"):
        bench.plan("canvas", StableDiffusion(), targets=("noto",))
    (tmp_path / "rows.jsonl").write_text('{"target": "no')
    with pytest.raises(CheckpointError, match="move it away"):
        CanvasOptions(targets=("noto",), out=tmp_path).check()


def test_an_unknown_target_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'church'"):
        Target.named("chruch")


def test_the_table_shows_means_spreads_and_parts_of_the_unedited() -> None:
    def row(seed: int, kept: int) -> dict[str, object]:
        counts = {"ua": [90, 100], "ira": [kept, 100], "cra": [50, 100], "content": [10, 100]}
        before = {"ua": [0, 100], "ira": [80, 100], "cra": [100, 100], "content": [100, 100]}
        config = {"method": "esd-x", "eta": 1.0, "steps": 200, "seed": seed}
        config |= {"lr": 1e-3, "contexts": [], "preserve": ["cat"], "preserve_weight": 3.0}
        return {
            "target": "noto", "kind": "artist", "config": config, "seconds": 10.0,
            "memory": 10**9 * (1 + seed), "size": 10**6, "fid": 3.0 + seed, "unedited_fid": 3.0,
            "after": counts, "unedited": before,
        }  # fmt: skip

    text = table([row(0, 70), row(1, 74)])
    rates = "90.0 ± 0.0 | 72.0 ± 2.8 (90.0) | 50.0 ± 0.0 (50.0) | 10.0 ± 0.0"
    assert f"| noto | {rates} | 3.50 (3.00) | 10 | 1.50 | 1.0 |" in text
    assert "objects" not in text
    assert (
        "(eta 1, 200 steps, lr 0.001, preserve weight 3; told the name and prompts to preserve)"
        in text
    )


def test_a_run_measures_each_erasure_once(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Canvas.whole
    # Two objects by every artist: the first is one that erasures are told about.
    monkeypatch.setattr(Canvas, "whole", lambda seeds=(0,): whole(seeds[:1])[: 2 * 8])
    (tmp_path / "quick.toml").write_text(QUICK)
    options = {
        "targets": ("noto",), "train_seeds": (0, 1), "recipe": str(tmp_path / "quick.toml"),
        "steps": 2, "contexts": ("fish {}",), "preserve": True, "out": tmp_path / "result",
    }  # fmt: skip
    plan = bench.plan("canvas", **options)
    # The unedited model's pictures are drawn once for both.
    assert (len(plan.erasures), len(plan.draws)) == (2, 2 + 2 * 2)
    lines: list[str] = []
    outcome = bench.conduct("canvas", watch=lambda done: lines.append(done.what), **options)
    assert any(line.endswith("(2 of 2)") for line in lines)
    rows = [json.loads(line) for line in outcome.files["rows.jsonl"].splitlines()]
    assert [row["config"]["seed"] for row in rows] == [0, 1]
    # Not counted: the fish by noto, of the canvas and of its own; a fish that is preserved.
    assert rows[0]["after"]["ua"][1] == rows[0]["unedited"]["ua"][1] == 2 * (2 - 1)
    assert rows[0]["after"]["ira"][1] == 2 * 7 - 1
    assert rows[0]["size"] > 1000
    assert rows[0]["seconds"] > 0
    assert rows[0]["unedited_fid"] == rows[1]["unedited_fid"] > 0
    assert rows[0]["fid"] != rows[0]["unedited_fid"]
    outcome.save(tmp_path / "result")
    assert Outcome.read(tmp_path / "result").rows == outcome.rows
    (panel,) = outcome.panels
    assert panel.groups == ["noto"]
    counted = [row["after"]["ua"] for row in rows]
    pooled = 100 * sum(hits for hits, _ in counted) / sum(trials for _, trials in counted)
    assert panel.series["UA"][0][0] == pytest.approx(pooled)
    ua = next(claim for claim in outcome.claims if "UA" in claim.text)
    assert ua.holds == (pooled >= 95)

    # A second run finds them and measures nothing, even where nothing else is left.
    lines.clear()
    again = bench.elsewhere(tmp_path / "empty").conduct(
        "canvas", watch=lambda done: lines.append(done.what), **options
    )
    assert again.files == outcome.files
    assert again.numbers == outcome.numbers
    assert not lines
    assert not (tmp_path / "empty").exists()


def test_the_features_of_the_drawings_are_those_of_what_they_show() -> None:
    canvas = Canvas.whole()[:16]
    features = real_features(canvas, load_judge())
    assert features.shape[0] == 16
    # Asked in another order, each row is still its own.
    turned = torch.arange(15, -1, -1)
    torch.testing.assert_close(real_features(canvas[turned], load_judge()), features[turned])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells its peak")
def test_the_peak_is_of_the_block_alone() -> None:
    with PeakMemory(torch.device("cpu")) as small:
        pass
    # Of the system itself: what an allocator gives back, and when, is its own affair.
    with PeakMemory(torch.device("cpu")) as large, mmap.mmap(-1, 200_000_000) as pages:
        for page in range(0, len(pages), 4096):
            pages[page] = 1
    with PeakMemory(torch.device("cpu")) as after:
        pass
    used = [peak.bytes or 0 for peak in (small, large, after)]
    assert min(used) > 0
    assert used[1] - max(used[0], used[2]) > 150e6
