"""Which of a classifier's classes a picture shows.

Classifier       an image classifier of transformers, with what it needs to look
load_classifier  from the hub or a folder
top_k            pictures -> the likeliest classes of each
class_index      the class that a name stands for
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from unsee.errors import OptionError, UnknownName
from unsee.metrics.evaluators import chunks, reading

RESNET = "microsoft/resnet-50"
"""A ResNet-50 of ImageNet's 1000 classes, as the paper has one."""


@dataclass(frozen=True)
class Classifier:
    """An image classifier, with what it needs to look."""

    name: str
    model: Any
    """Of transformers, for image classification."""
    processor: Any
    """Its image processor."""

    @property
    def labels(self) -> list[str]:
        """By index; ImageNet's list synonyms, with commas between."""
        of = self.model.config.id2label
        return [of[index] for index in range(len(of))]


def load_classifier(name: str | Path = RESNET, *, device: str | torch.device = "cpu") -> Classifier:
    """Load a classifier, frozen: a hub id, downloaded once, or a folder. Safetensors only.

    Raises:
        CheckpointError: it cannot be had or read.
    """
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    name = str(name)
    with reading("a classifier", name):
        model = AutoModelForImageClassification.from_pretrained(name, use_safetensors=True)
        # The same pixels whether torchvision is there or not: the two ways of resizing differ.
        processor = AutoImageProcessor.from_pretrained(name, backend="pil")
    return Classifier(name, model.eval().requires_grad_(False).to(device), processor)


@torch.no_grad()
def top_k(
    classifier: Classifier, images: Sequence[Image.Image], k: int = 1, *, batch_size: int = 32
) -> Tensor:
    """Indices of the k likeliest classes of each picture, the likeliest first: (n, k), on the CPU.

    Raises:
        OptionError: `k` is not between 1 and the number of classes, or `batch_size` is below 1.
    """
    count = len(classifier.labels)
    if not 1 <= k <= count:
        raise OptionError(f"k {k} is not between 1 and the {count} classes of {classifier.name}")
    model = classifier.model
    best = [torch.empty(0, k, dtype=torch.int64)]
    for batch in chunks(images, batch_size):
        pixels = classifier.processor(images=batch, return_tensors="pt")["pixel_values"]
        best.append(model(pixels.to(model.device)).logits.topk(k).indices.cpu())
    return torch.cat(best)


def class_index(classifier: Classifier, name: str) -> int:
    """Find the class that is called `name`, as a whole or by one of its synonyms, in any case.

    A whole label goes first: `maillot` is that class and not `maillot, tank suit`.

    Raises:
        UnknownName: no class is called so; names the nearest.
        OptionError: several are (ImageNet has two cranes); names their indices.
    """
    target = name.strip().casefold()
    labels = classifier.labels
    synonyms = [[one.strip() for one in label.split(",")] for label in labels]
    places = [index for index, label in enumerate(labels) if label.casefold() == target]
    if not places:
        for index, called in enumerate(synonyms):
            if target in (one.casefold() for one in called):
                places.append(index)
    if len(places) > 1:
        listed = ", ".join(f"{index} ({labels[index]})" for index in places)
        raise OptionError(f"{name!r} is more than one class of {classifier.name}: {listed}")
    if not places:
        by_name = {one.casefold(): one for called in synonyms for one in called}
        nearest = difflib.get_close_matches(target, by_name, n=5, cutoff=0.5)
        near = ", ".join(by_name[one] for one in nearest) or "nothing like it"
        raise UnknownName(f"{classifier.name} has no class {name!r}; nearest: {near}")
    return places[0]
