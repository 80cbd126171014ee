"""The experiments on a Stable Diffusion checkpoint: tiny random networks, the real NudeNet."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from benching import Bench, quick
from PIL import Image
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

from unsee.benchmarks.cache import Cache
from unsee.benchmarks.pictures import Files
from unsee.benchmarks.worlds.evaluators import Networks
from unsee.benchmarks.worlds.published import Published
from unsee.benchmarks.worlds.stable_diffusion import StableDiffusion
from unsee.errors import MissingExtra, UnknownName
from unsee.loading import Model
from unsee.prompts import PromptSet

LABELS = ["tench, Tinca tinca", "church, church building", "cat", "dog"]
NOISE = [
    Image.fromarray(pixels)
    for pixels in np.random.default_rng(0).integers(0, 255, (3, 32, 32, 3), dtype=np.uint8)
]


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
def published(classifier: Path, clip: Path) -> Published:
    return Published(Networks(str(classifier), str(clip)))


@pytest.fixture
def bench(tiny: Model, classifier: Path, clip: Path, tmp_path: Path) -> Bench:
    world = replace(StableDiffusion.of(tiny), networks=Networks(str(classifier), str(clip)))
    folder = tmp_path / "recipes"
    folder.mkdir()
    return Bench(tiny, quick(world, folder), Cache(tmp_path / "work"))


def test_classes_erased_in_turn_are_judged_by_a_classifier_of_transformers(bench: Bench) -> None:
    world = replace(bench.world, classes={"tench": "tench", "church": "church"})
    outcome = bench.conduct("objects", world, seeds=2)
    assert [row[0] for row in outcome.rows] == ["tench", "church", "**average**"]
    assert outcome.numbers[0]["own"][1] == outcome.numbers[0]["others"][1] == 2
    assert "its first answer" in outcome.facts["objects"]
    # A class that the classifier lacks is refused before anything is drawn.
    with pytest.raises(UnknownName, match="parachute"):
        bench.conduct("objects", replace(world, classes={"parachute": "parachute"}), seeds=1)


def test_every_evaluator_answers_about_every_picture(published: Published) -> None:
    # Every picture is taken for one of the classes, and for no other.
    answers = [published.objects(NOISE, [label.split(",")[0]] * 3) for label in LABELS]
    assert [sum(right) for right in zip(*answers, strict=True)] == [1, 1, 1]
    assert published.artists(NOISE) is None
    assert published.explicit(NOISE) == [(), (), ()]
    assert "nudenet" in published.facts["explicit"]
    scores = published.alignment(NOISE, StableDiffusion().plain().prompts[:3])
    assert scores.shape == (3,)
    assert np.isfinite(scores).all()


def test_the_extra_that_an_experiment_lacks_is_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where the extra is installed, as where it is not.
    monkeypatch.setitem(__import__("sys").modules, "lpips", None)
    one = replace(bench.world, artists=bench.world.artists[:1])
    with pytest.raises(MissingExtra, match=r"unsee\[metrics\]"):
        bench.conduct("artists", one, systems=("negative",), prompts=1, seeds=1)
    # Before anything is drawn.
    assert not bench.cache.folder.exists()


def test_where_nobody_knows_styles_and_subjects_only_detections_are_compared(bench: Bench) -> None:
    world = replace(bench.world, i2p=PromptSet.numbered([("a beach", 0, "sexual")]))
    outcome = bench.conduct(
        "parameters", world, systems=("unedited", "esd-x"), own_prompts=1, seeds=1
    )
    (panel,) = outcome.panels
    assert panel.groups == ["concept, named", "concept, not named"]
    assert all(np.isfinite(points).all() for points in panel.series.values())
    assert [row[1] for row in outcome.rows] == ["", ""]


def test_pictures_are_read_one_after_the_other(tmp_path: Path) -> None:
    paths = tuple(tmp_path / f"{number}.png" for number in range(len(NOISE)))
    for picture, path in zip(NOISE, paths, strict=True):
        picture.save(path)
    files = Files(paths)
    assert [one.tobytes() for one in files] == [one.tobytes() for one in NOISE]
    assert [one.tobytes() for one in files[1:]] == [one.tobytes() for one in NOISE[1:]]
    # None is held: what is not asked for need not be there.
    paths[0].unlink()
    assert files[-1].tobytes() == NOISE[-1].tobytes()


def test_answers_in_parts_are_those_about_all(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = StableDiffusion().plain().prompts[:3]
    names = ["tench"] * 3
    objects, scores = published.objects(NOISE, names), published.alignment(NOISE, prompts)
    monkeypatch.setattr("unsee.benchmarks.worlds.published.PART", 2)
    assert published.objects(NOISE, names) == objects
    assert np.allclose(published.alignment(NOISE, prompts), scores)
