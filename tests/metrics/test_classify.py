"""Classes of a tiny random ResNet, against transformers' own pipeline; classes by their name."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    ConvNextImageProcessorPil,
    ResNetConfig,
    ResNetForImageClassification,
    pipeline,
)

from unsee.errors import OptionError, UnknownName
from unsee.metrics.classify import Classifier, class_index, load_classifier, top_k

# Labels of ImageNet.
LABELS = [
    "tench, Tinca tinca",
    "English springer, English springer spaniel",
    "cassette player",
    "chain saw, chainsaw",
    "crane",
    "crane",
    "Cardigan, Cardigan Welsh corgi",
    "cardigan",
    "maillot, tank suit",
    "maillot",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ResNet of the real architecture, random weights."""
    folder = tmp_path_factory.mktemp("resnet")
    config = ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16, 24, 32],
        depths=[1, 1, 1, 1],
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = ResNetForImageClassification(config)
        # As they are initialised, all pictures look the same to so small a network.
        torch.nn.init.normal_(model.classifier[1].weight, std=20)
    model.save_pretrained(folder)
    ConvNextImageProcessorPil(size={"shortest_edge": 64}, crop_pct=0.875).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def classifier(folder: Path) -> Classifier:
    return load_classifier(folder)


def _pictures(count: int = 7) -> list[Image.Image]:
    chance = np.random.default_rng(0)
    coarse = chance.integers(0, 256, (count, 3, 3, 3), dtype=np.uint8)
    return [
        Image.fromarray(one).resize((60 + 5 * place, 70), Image.Resampling.BICUBIC)
        for place, one in enumerate(coarse)
    ]


def test_the_likeliest_classes_are_those_of_the_pipeline(classifier: Classifier) -> None:
    pipe = pipeline(
        "image-classification",
        model=classifier.model,
        image_processor=classifier.processor,
        device="cpu",
    )
    ours = top_k(classifier, _pictures(), 3)
    assert ours.shape == (7, 3)
    assert len(set(ours[:, 0].tolist())) > 1
    for indices, answers in zip(ours.tolist(), pipe(_pictures(), top_k=3), strict=True):
        assert [LABELS[index] for index in indices] == [answer["label"] for answer in answers]


def test_all_classes_in_order_are_the_order_of_the_networks_answers(classifier: Classifier) -> None:
    picture = _pictures(1)
    pixels = classifier.processor(images=picture, return_tensors="pt")["pixel_values"]
    logits = classifier.model(pixels).logits[0]
    assert torch.equal(top_k(classifier, picture, 10)[0], logits.argsort(descending=True))


def test_how_many_are_looked_at_at_once_does_not_matter(classifier: Classifier) -> None:
    together = top_k(classifier, _pictures(), 2)
    assert torch.equal(together, top_k(classifier, _pictures(), 2, batch_size=2))
    assert top_k(classifier, []).shape == (0, 1)


def test_no_more_classes_than_there_are(classifier: Classifier) -> None:
    with pytest.raises(OptionError, match="k 11 is not between 1 and the 10 classes"):
        top_k(classifier, _pictures(), 11)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("tench", 0),
        ("Tinca tinca", 0),
        ("english SPRINGER", 1),
        (" cassette player ", 2),
        ("chainsaw", 3),
        ("chain saw, chainsaw", 3),
        ("cardigan welsh corgi", 6),
        # A whole label goes before a synonym.
        ("Cardigan", 7),
        ("maillot", 9),
        ("tank suit", 8),
    ],
)
def test_a_class_is_found_by_its_label_or_a_synonym(
    classifier: Classifier, name: str, index: int
) -> None:
    assert class_index(classifier, name) == index


def test_a_part_of_a_label_is_no_name_and_the_nearest_are_told(classifier: Classifier) -> None:
    with pytest.raises(UnknownName, match="has no class 'springer'; nearest: English springer"):
        class_index(classifier, "springer")
    with pytest.raises(UnknownName, match="nearest: nothing like it"):
        class_index(classifier, "qqqq")


def test_two_classes_of_one_name_are_told_apart_by_index_alone(classifier: Classifier) -> None:
    with pytest.raises(OptionError, match=r"'crane' is more than one class of .*: 4 \(crane\), 5"):
        class_index(classifier, "crane")
