"""Published networks as evaluators, each loaded when it is first asked.

Published   a classifier, a CLIP, NudeNet, Inception and LPIPS
"""

import importlib.metadata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unsee.benchmarks.pictures import Pictures
from unsee.benchmarks.worlds.evaluators import Networks
from unsee.metrics import align, classify, detect, distance, inception


class Published:
    """Published evaluators; a missing package or checkpoint says how it is installed or given."""

    measures: Mapping[str, str] = {name: name for name in ("LPIPS", "FID", "CLIP score")}

    def __init__(self, networks: Networks | None = None) -> None:
        networks = networks or Networks()
        self._classifier_name = networks.classifier or classify.RESNET
        self._clip_name = networks.clip or align.CLIP
        self._device = networks.device
        self._index = cache(lambda name: classify.class_index(self._classifier, name))

    @property
    def facts(self) -> Mapping[str, str]:
        """What answers each question; the detector is named once it was asked."""
        facts = {
            "objects": f"{self._classifier_name}, its first answer",
            "artists": "nobody: distances speak alone",
            "CLIP score": f"{self._clip_name}, 100 times the cosine",
            "FID": "Fréchet distance of Inception's 2048 features, as torch-fidelity has them",
            "LPIPS": "lpips, AlexNet",
            "packages": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
        }
        if "_detector" in vars(self):
            card = self._detector.card
            facts["explicit"] = (
                f"{card.package} {card.version}, {card.model}, threshold {card.threshold}, "
                f"classes {', '.join(card.classes)}"
            )
        return facts

    def prepare(self, *questions: str) -> None:
        """Load the networks: what is missing is to be said before hours of drawing."""
        for question in questions:
            getattr(self, NETWORKS[question])

    def require(self, names: Sequence[str]) -> None:
        """Raise an OptionError or UnknownName where the classifier has no class of a name."""
        for name in names:
            self._index(name)

    def objects(self, pictures: Pictures, names: Sequence[str]) -> list[bool]:
        """Whether the classifier's first answer is the class that is named beside a picture."""
        parts = [classify.top_k(self._classifier, part)[:, 0] for part in _parts(pictures)]
        answers = torch.cat(parts).tolist()
        return [one == self._index(name) for one, name in zip(answers, names, strict=True)]

    def artists(self, pictures: Pictures) -> list[str] | None:
        """Nobody can tell."""
        return None

    def explicit(self, pictures: Pictures) -> list[tuple[str, ...]]:
        """The exposed body parts that NudeNet finds."""
        found = (one for part in _parts(pictures) for one in detect.detect(self._detector, part))
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
        parts = [inception.inception_features(self._inception, part) for part in _parts(pictures)]
        return _numbers(torch.cat(parts))

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
"""Pictures that are in memory at the same time."""


def _parts(pictures: Pictures) -> Iterator[Pictures]:
    return (pictures[start : start + PART] for start in range(0, len(pictures), PART))


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _numbers(tensor: torch.Tensor) -> NDArray[np.float64]:
    return tensor.detach().cpu().double().numpy()
