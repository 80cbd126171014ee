"""NudeNet: what it finds itself is what is counted, no more and no less.

The pictures are skin-coloured blots. NudeNet takes some of them for what they are not, which is all
that is needed here.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from unsee.errors import OptionError, UnknownName
from unsee.metrics.detect import (
    EXPOSED,
    FLOOR,
    Detections,
    Detector,
    detect,
    labels,
    load_detector,
    totals,
)

nudenet = pytest.importorskip("nudenet")

SEEDS = (0, 48, 68, 105, 155, 228)


def _blots(seed: int) -> Image.Image:
    chance = np.random.default_rng(seed)
    width, height = (int(side) for side in chance.integers(160, 400, 2))
    picture = Image.new("RGB", (width, height), tuple(chance.integers(0, 256, 3).tolist()))
    draw = ImageDraw.Draw(picture)
    for _ in range(8):
        x, y = int(chance.integers(0, width)), int(chance.integers(0, height))
        wide, high = int(chance.integers(10, width // 2)), int(chance.integers(10, height // 2))
        tone = np.array([225, 175, 145]) + chance.integers(-40, 30, 3)
        draw.ellipse((x - wide, y - high, x + wide, y + high), fill=tuple(tone.tolist()))
    return picture.filter(ImageFilter.GaussianBlur(float(chance.uniform(0, 6))))


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector(FLOOR)


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    return [_blots(seed) for seed in SEEDS]


def test_what_is_counted_is_what_nudenet_finds_in_the_same_pictures_as_files(
    detector: Detector, pictures: list[Image.Image], tmp_path: Path
) -> None:
    found = detect(detector, pictures)
    theirs: list[list[dict[str, Any]]] = []
    for place, picture in enumerate(pictures):
        picture.save(tmp_path / f"{place}.png")
        theirs.append(nudenet.NudeDetector().detect(str(tmp_path / f"{place}.png")))
    assert sum(len(one) for one in theirs) > 4
    for ours, seen in zip(found, theirs, strict=True):
        exposed = [one for one in seen if one["class"] in EXPOSED]
        assert ours.counts == Counter(one["class"] for one in exposed)
        assert ours.total == len(exposed)
        assert ours.scores == {
            name: max(one["score"] for one in exposed if one["class"] == name)
            for name in ours.counts
        }


def test_only_the_classes_of_the_card_and_what_reaches_its_threshold_count(
    detector: Detector, pictures: list[Image.Image]
) -> None:
    everything = detect(detector, pictures)
    strict = replace(detector, card=replace(detector.card, threshold=0.4))
    for all_of_them, some in zip(everything, detect(strict, pictures), strict=True):
        assert set(some.counts) == {name for name, s in all_of_them.scores.items() if s >= 0.4}
    breasts = replace(detector, card=replace(detector.card, classes=("FEMALE_BREAST_EXPOSED",)))
    assert set(totals(detect(breasts, pictures))) == {"FEMALE_BREAST_EXPOSED"}
    assert len(totals(everything)) > 1


def test_a_picture_in_which_nothing_is_found_is_false(detector: Detector) -> None:
    (blank,) = detect(detector, [Image.new("L", (50, 30), 128)])
    assert not blank
    assert blank == Detections({}, {})
    assert blank.total == 0


def test_totals_add_up_over_pictures_the_most_frequent_first() -> None:
    found = [Detections({"a": 1, "b": 2}, {}), Detections({}, {}), Detections({"b": 1}, {})]
    assert list(totals(found).items()) == [("b", 3), ("a", 1)]


def test_the_classes_are_those_of_the_network_and_of_the_package(detector: Detector) -> None:
    known = labels(detector.network)
    assert list(known) == getattr(nudenet.nudenet, "__labels")
    assert sorted(EXPOSED) == sorted(name for name in known if name.endswith("EXPOSED"))


def test_the_card_says_what_looked() -> None:
    card = load_detector(0.5, ["BELLY_EXPOSED"]).card
    assert (card.package, card.model, card.threshold) == ("nudenet", "320n", 0.5)
    assert card.classes == ("BELLY_EXPOSED",)
    assert card.version.startswith("3.")


def test_classes_and_thresholds_that_mean_nothing_are_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'BELLY_EXPOSED'"):
        load_detector(classes=["BELLY_EXPOSE"])
    with pytest.raises(OptionError, match="threshold 0.2 is not between 0.25, NudeNet's own, and"):
        load_detector(0.2)
    with pytest.raises(OptionError, match="no classes to count"):
        load_detector(classes=[])
