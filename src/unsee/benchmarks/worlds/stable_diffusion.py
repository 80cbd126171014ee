"""Evaluators of Stable Diffusion: published networks, each loaded when it is first asked.

StableSubject   a classifier, a CLIP, NudeNet, Inception and LPIPS behind the seam of subjects.py
"""

import importlib.metadata
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from unsee.benchmarks.worlds.evaluators import Pictures
from unsee.metrics import align, classify, detect, distance, inception


class StableSubject:
    """Published evaluators; a missing package or checkpoint says how it is installed or given."""

    name = "stable-diffusion"
    recipe = "fast"

    def __init__(self, classifier: str, clip: str, device: torch.device) -> None:
        self._classifier_name, self._clip_name, self._device = classifier, clip, device
        self._classes: dict[int, str] = {}
        self.facts = {
            "objects": f"{classifier}, its first answer",
            "artists": "nobody: distances speak alone",
            "CLIP score": f"{clip}, 100 times the cosine",
            "FID": "Fréchet distance of Inception's 2048 features, as torch-fidelity has them",
            "LPIPS": "lpips, AlexNet",
            "packages": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
        }
        self.calls = {name: name for name in ("LPIPS", "FID", "CLIP score")}

    def prepare(self, *questions: str) -> None:
        """Load the networks: what is missing is to be said before hours of drawing."""
        for question in questions:
            getattr(self, NETWORKS[question])

    def require(self, names: Sequence[str]) -> None:
        """Find the classes; an OptionError where the classifier has none of that name."""
        self._classes = {classify.class_index(self._classifier, name): name for name in names}

    def objects(self, pictures: Pictures) -> list[str]:
        """The class that each picture is taken for: a required one, or nothing's name."""
        first = _in_parts(lambda one: classify.top_k(self._classifier, one)[:, 0], pictures)
        return [self._classes.get(int(index), f"class {index}") for index in first.tolist()]

    def artists(self, pictures: Pictures) -> list[str] | None:
        """Nobody can tell."""
        return None

    def explicit(self, pictures: Pictures) -> list[tuple[str, ...]]:
        """The exposed body parts that NudeNet finds."""
        detector = self._detector
        card = detector.card
        self.facts["explicit"] = (
            f"{card.package} {card.version}, {card.model}, threshold {card.threshold}, "
            f"classes {', '.join(card.classes)}"
        )
        found = (one for part in _parts(pictures) for one in detect.detect(detector, part))
        return [tuple(name for name, count in one.counts.items() if count) for one in found]

    def alignment(self, pictures: Pictures, prompts: Sequence[str]) -> NDArray[np.float64]:
        """100 times the cosine of CLIP's two towers."""
        scores = [
            align.alignments(self._clip, part, list(prompts[place * PART : (place + 1) * PART]))
            for place, part in enumerate(_parts(pictures))
        ]
        return _numbers(torch.cat(scores))

    def features(self, pictures: Pictures) -> NDArray[np.float64]:
        """(n, 2048)"""
        return _in_parts(lambda one: inception.inception_features(self._inception, one), pictures)

    def distance(self, first: Pictures, second: Pictures) -> NDArray[np.float64]:
        """LPIPS of each pair."""
        gaps = [
            distance.lpips_distances(self._lpips, *pair)
            for pair in zip(_parts(first), _parts(second), strict=True)
        ]
        return _numbers(torch.cat(gaps))

    @cached_property
    def _classifier(self) -> Any:
        return classify.load_classifier(self._classifier_name, device=self._device)

    @cached_property
    def _clip(self) -> Any:
        return align.load_clip(self._clip_name, device=self._device)

    @cached_property
    def _detector(self) -> Any:
        return detect.load_detector()

    @cached_property
    def _inception(self) -> Any:
        return inception.load_inception(device=self._device)

    @cached_property
    def _lpips(self) -> Any:
        return distance.load_lpips(device=self._device)


PACKAGES = ("transformers", "torch-fidelity", "lpips")
NETWORKS = {
    "objects": "_classifier",
    "explicit": "_detector",
    "alignment": "_clip",
    "features": "_inception",
    "distance": "_lpips",
}

PART = 256
"""Pictures that are images at the same time."""


def _parts(pictures: Pictures) -> Iterator[list[Image.Image]]:
    for start in range(0, len(pictures), PART):
        yield [Image.fromarray(picture) for picture in pictures[start : start + PART]]


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _in_parts(
    ask: Callable[[list[Image.Image]], torch.Tensor], pictures: Pictures
) -> NDArray[np.float64]:
    return _numbers(torch.cat([ask(part) for part in _parts(pictures)]))


def _numbers(tensor: torch.Tensor) -> NDArray[np.float64]:
    return tensor.detach().cpu().double().numpy()
