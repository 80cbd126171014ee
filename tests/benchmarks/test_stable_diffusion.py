"""The experiments on a Stable Diffusion checkpoint: tiny random networks, the real NudeNet."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTextConfig,
    CLIPTokenizer,
    CLIPVisionConfig,
    ConvNextImageProcessorPil,
    ResNetConfig,
    ResNetForImageClassification,
)

from unsee.benchmarks.experiments import artists, objects, parameters
from unsee.benchmarks.systems import System
from unsee.benchmarks.workbench import Workbench
from unsee.benchmarks.worlds.asked import STABLE, general_prompts, numbered
from unsee.benchmarks.worlds.evaluators import stacked
from unsee.benchmarks.worlds.stable_diffusion import StableSubject
from unsee.errors import MissingExtra, UnknownName
from unsee.loading import Model

LABELS = ["tench, Tinca tinca", "church, church building", "cat", "dog"]
SETTINGS = {"steps": 1, "sampler_steps": 2, "rollouts": 1, "batch": 1}
NOISE = np.random.default_rng(0).integers(0, 255, (3, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier")
    config = ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16],
        depths=[1, 1],
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ResNetForImageClassification(config).save_pretrained(folder)
    ConvNextImageProcessorPil(size={"shortest_edge": 32}, crop_pct=1.0).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def clip(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    tokenizer = CLIPTokenizer.from_pretrained(tiny_folder / "tokenizer")
    tower = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    text = CLIPTextConfig(
        **tower,
        num_attention_heads=2,
        vocab_size=len(tokenizer),
        max_position_embeddings=tokenizer.model_max_length,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    vision = CLIPVisionConfig(**tower, num_attention_heads=2, image_size=32, patch_size=16)
    config = CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict())
    with torch.random.fork_rng():
        torch.manual_seed(0)
        CLIPModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=32).save_pretrained(folder)
    return folder


@pytest.fixture
def subject(classifier: Path, clip: Path) -> StableSubject:
    return StableSubject(str(classifier), str(clip), torch.device("cpu"))


def test_classes_erased_in_turn_are_judged_by_a_classifier_of_transformers(
    tiny: Model, subject: StableSubject, tmp_path: Path
) -> None:
    bench = Workbench(tiny, subject, tmp_path / "work", settings=dict(SETTINGS))
    asked = replace(STABLE, classes={"tench": "tench", "church": "church"})
    outcome = objects.run(bench, asked, System.named("esd-u"), range(2))
    assert [row[0] for row in outcome.rows] == ["tench", "church", "**average**"]
    assert outcome.numbers[0]["own"][1] == outcome.numbers[0]["others"][1] == 2
    assert "its first answer" in outcome.facts["objects"]
    # A class that the classifier lacks is refused before anything is drawn.
    with pytest.raises(UnknownName, match="parachute"):
        objects.run(
            bench, replace(asked, classes={"parachute": "parachute"}), System.named("esd-u"), [0]
        )


def test_every_evaluator_answers_about_every_picture(subject: StableSubject) -> None:
    subject.require(["tench"])
    assert len(subject.objects(NOISE)) == 3
    assert subject.artists(NOISE) is None
    assert subject.explicit(NOISE) == [(), (), ()]
    assert "nudenet" in subject.facts["explicit"]
    scores = subject.alignment(NOISE, general_prompts().prompts[:3])
    assert scores.shape == (3,)
    assert np.isfinite(scores).all()


def test_the_extra_that_an_experiment_lacks_is_named(
    tiny: Model, subject: StableSubject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where the extra is installed, as where it is not.
    monkeypatch.setitem(__import__("sys").modules, "lpips", None)
    bench = Workbench(tiny, subject, tmp_path, settings=dict(SETTINGS))
    with pytest.raises(MissingExtra, match=r"unsee\[metrics\]"):
        artists.run(bench, replace(STABLE, artists=STABLE.artists[:1]), [], 1, [0], [0])
    # Before anything is drawn.
    assert not list(tmp_path.iterdir())


def test_where_nobody_knows_styles_and_subjects_only_detections_are_compared(
    tiny: Model, subject: StableSubject, tmp_path: Path
) -> None:
    bench = Workbench(tiny, subject, tmp_path, settings=dict(SETTINGS))
    systems = [System.named(name) for name in ("unedited", "esd-x")]
    scenes = numbered([("a beach", 0, "sexual")])
    outcome = parameters.run(bench, STABLE, systems, scenes, 1, [0])
    (panel,) = outcome.panels
    assert panel.groups == ["concept, named", "concept, not named"]
    assert all(np.isfinite(points).all() for points in panel.series.values())
    assert [row[1] for row in outcome.rows] == ["", ""]


def test_more_pictures_than_fit_into_memory_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = stacked(iter(NOISE), len(NOISE))
    monkeypatch.setattr("unsee.benchmarks.worlds.evaluators.IN_MEMORY", 1)
    assert np.array_equal(stacked(iter(NOISE), len(NOISE)), whole)
    assert np.array_equal(whole, NOISE)


def test_answers_in_parts_are_those_about_all(
    subject: StableSubject, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject.require(["tench"])
    prompts = general_prompts().prompts[:3]
    objects, scores = subject.objects(NOISE), subject.alignment(NOISE, prompts)
    monkeypatch.setattr("unsee.benchmarks.worlds.stable_diffusion.PART", 2)
    assert subject.objects(NOISE) == objects
    assert np.allclose(subject.alignment(NOISE, prompts), scores)
