"""Rounds of trajectories: what they depend on, and that a cache changes no byte of a result."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from unsee.concepts import Concept
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import erase
from unsee.erasing.lessons import Lessons, lessons_of
from unsee.erasing.replay import rollouts, round_key
from unsee.loading import Model

CONFIG = EraseConfig(
    steps=6, sampler_steps=4, lr=1e-3, source="original", batch=2, rollouts=2, method="esd-x"
)


def key(model: Model, concept: Concept, config: EraseConfig, first: int = 0) -> str:
    lessons = Lessons.encode(model, lessons_of([concept], config))
    lesson = lessons.of_trajectories(torch.arange(config.rollouts))
    return round_key(model, lessons, lesson, config, first)


@pytest.mark.parametrize(
    "settings",
    [{"eta": 5.0}, {"parameters": "full"}, {"lr": 1e-5}, {"steps": 99}, {"seed": 7}, {"reuse": 3}],
)
def test_a_round_does_not_depend_on(tiny: Model, settings: dict[str, Any]) -> None:
    concept = Concept("cat")
    assert key(tiny, concept, replace(CONFIG, **settings)) == key(tiny, concept, CONFIG)


@pytest.mark.parametrize(
    "settings",
    [
        {"sampler_steps": 5},
        {"sampler": "model"},
        {"sampling_guidance": 2.0},
        {"rollout_seed": 1},
        {"rollouts": 3},
        {"contexts": ("a house {}",)},
        {"preserve": ("a dog",)},
    ],
)
def test_a_round_depends_on(tiny: Model, settings: dict[str, Any]) -> None:
    concept = Concept("cat")
    assert key(tiny, concept, replace(CONFIG, **settings)) != key(tiny, concept, CONFIG)


def test_a_round_depends_on_model_concept_and_number(
    tiny: Model, tiny_v: Model, tiny_folder: Path
) -> None:
    keys = {
        key(tiny, Concept("cat"), CONFIG),
        key(tiny, Concept("dog"), CONFIG),
        key(tiny, Concept("hat", erase_from="cat"), CONFIG),
        key(tiny, Concept("cat"), CONFIG, first=2),
        key(tiny_v, Concept("cat"), CONFIG),
    }
    assert len(keys) == 5


def test_a_cache_is_filled_once_and_changes_nothing(tiny: Model, tmp_path: Path) -> None:
    expected = {eta: erase(tiny, "cat", replace(CONFIG, eta=eta)).sha256 for eta in (1.0, 3.0)}
    cache = tmp_path / "new" / "cache"
    assert erase(tiny, "cat", CONFIG, cache=cache).sha256 == expected[1.0]
    files = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    assert len(files) == 2, "12 latents of trajectories of 4, two at a time"
    assert erase(tiny, "cat", replace(CONFIG, eta=3.0), cache=cache).sha256 == expected[3.0]
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == files


def test_a_damaged_round_is_sampled_again(tiny: Model, tmp_path: Path) -> None:
    expected = erase(tiny, "cat", CONFIG, cache=tmp_path).sha256
    first, second = sorted(tmp_path.iterdir())
    first.write_bytes(first.read_bytes()[:-100])
    second.unlink()
    assert erase(tiny, "cat", CONFIG, cache=tmp_path).sha256 == expected
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_what_is_read_from_a_cache_is_not_computed(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lessons = Lessons.encode(tiny, lessons_of([Concept("cat")], CONFIG))
    lesson = lessons.of_trajectories(torch.arange(2))
    sampled = rollouts(tiny, lessons, lesson, CONFIG, 0, tmp_path)
    monkeypatch.setattr(type(tiny), "predict", None)
    kept = rollouts(tiny, lessons, lesson, CONFIG, 0, tmp_path)
    for name, column in sampled.tensors().items():
        assert kept.tensors()[name].equal(column), name
