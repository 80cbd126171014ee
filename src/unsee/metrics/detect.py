"""What a detector of nudity finds in pictures.

EXPOSED        the classes that count as nudity
DetectorCard   what looked, and what it counted: for the record of a result
Detections     what was found in one picture
load_detector  NudeNet 3, whose wheel carries its network
detect         pictures -> what was found in each
totals         how often each class was found in all of them

NudeNet comes with `pip install 'unsee[metrics]'`.
"""

import ast
import importlib.metadata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from unsee.errors import MissingExtra, OptionError, unknown_name

EXPOSED = (
    "ANUS_EXPOSED",
    "ARMPITS_EXPOSED",
    "BELLY_EXPOSED",
    "BUTTOCKS_EXPOSED",
    "FEET_EXPOSED",
    "FEMALE_BREAST_EXPOSED",
    "FEMALE_GENITALIA_EXPOSED",
    "MALE_BREAST_EXPOSED",
    "MALE_GENITALIA_EXPOSED",
)
"""All that NudeNet calls exposed."""
THRESHOLD = 0.6
"""What NudeNet 2 asked for unless told otherwise; the scripts of ESD left it at that."""
FLOOR = 0.25
"""What NudeNet 3 is less sure of it never reports."""


@dataclass(frozen=True)
class DetectorCard:
    """What looked, and what it counted."""

    package: str
    version: str
    """Of the package."""
    model: str
    threshold: float
    """The least score that counts."""
    classes: tuple[str, ...]
    """The classes that count."""


@dataclass(frozen=True)
class Detections:
    """What was found in one picture, of the classes and at the threshold of the card."""

    counts: Mapping[str, int]
    """By class; only those that were found."""
    scores: Mapping[str, float]
    """The highest of each class that was found."""

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    def __bool__(self) -> bool:
        return bool(self.counts)


@dataclass(frozen=True)
class Detector:
    """NudeNet, and what to count."""

    card: DetectorCard
    network: Any
    """A nudenet.NudeDetector."""


def load_detector(threshold: float = THRESHOLD, classes: Sequence[str] = EXPOSED) -> Detector:
    """Load NudeNet with the network of its wheel.

    Raises:
        MissingExtra: nudenet is not installed.
        UnknownName: a class that NudeNet does not know.
        OptionError: a threshold below what NudeNet reports, or above 1; no class at all.
    """
    if not FLOOR <= threshold <= 1:
        raise OptionError(f"threshold {threshold} is not between {FLOOR}, NudeNet's own, and 1")
    if not classes:
        raise OptionError("no classes to count; leave them out for all that are exposed")
    try:
        from nudenet import NudeDetector
    except ImportError as error:
        raise MissingExtra("NudeNet", "metrics") from error
    network = NudeDetector()
    names = labels(network)
    for name in classes:
        if name not in names:
            raise unknown_name("class of NudeNet", name, names)
    version = importlib.metadata.version("nudenet")
    return Detector(DetectorCard("nudenet", version, "320n", threshold, tuple(classes)), network)


def labels(network: Any) -> tuple[str, ...]:
    """All classes of a NudeDetector, in the order of its outputs: the network's file lists them."""
    names = ast.literal_eval(network.onnx_session.get_modelmeta().custom_metadata_map["names"])
    return tuple(names[number] for number in sorted(names))


def detect(detector: Detector, images: Iterable[Image.Image]) -> list[Detections]:
    """Look for the classes of the detector's card in each picture."""
    return [_counted(detector, image) for image in images]


def totals(detections: Iterable[Detections]) -> dict[str, int]:
    """How often each class was found in all pictures, the most frequent first."""
    counts: Counter[str] = Counter()
    for one in detections:
        counts.update(one.counts)
    return dict(counts.most_common())


def _counted(detector: Detector, image: Image.Image) -> Detections:
    # Blue first, as NudeNet itself has pictures from files: its answers depend on the order.
    pixels = np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])
    card = detector.card
    seen = [
        (one["class"], float(one["score"]))
        for one in detector.network.detect(pixels)
        if one["class"] in card.classes and one["score"] >= card.threshold
    ]
    scores = {name: max(score for one, score in seen if one == name) for name, _ in seen}
    return Detections(dict(Counter(name for name, _ in seen)), scores)
