"""Who looks at the pictures of an experiment, and what they are asked for.

stacked        pictures one by one -> an array, on the disk where it would be too large
Subject        the seam: a family of models with its prompts and evaluators
EmojiSubject   the embedded model: every question is answered by its judge

Answers are per picture, so that rates, means and their intervals are taken by the experiments.
"""

import tempfile
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unsee.emoji import cast
from unsee.emoji.evaluators import Judge
from unsee.emoji.pixels import pictures_to_tensor
from unsee.errors import unknown_name
from unsee.running.fingerprints import fingerprint

Pictures = NDArray[np.uint8]
"""(n, height, width, 3)"""

_BATCH = 64

IN_MEMORY = 2 * 1024**3
"""Bytes of pictures; more of them lie in a temporary file, which the system pages in and out."""


def stacked(pictures: Iterable[Pictures], count: int) -> Pictures:
    """Put `count` pictures of one size, (height, width, 3) each, into one array."""
    pictures = iter(pictures)
    first = next(pictures)
    shape = (count, *first.shape)
    if count * first.nbytes <= IN_MEMORY:
        made: Pictures = np.empty(shape, np.uint8)
    else:
        # The file has no name any more: it goes when the array does.
        with tempfile.TemporaryFile() as file:
            made = np.memmap(file, np.uint8, "w+", shape=shape)
    made[0] = first
    for place, picture in enumerate(pictures, 1):
        made[place] = picture
    return made


class Subject(Protocol):
    """A family of models with its evaluators."""

    name: str
    recipe: str
    """What concepts are erased by."""
    facts: dict[str, str]
    """What answers each question, with versions and thresholds: for the result file."""
    calls: dict[str, str]
    """What tables call the answers: by LPIPS, FID, CLIP score, what stands for them."""

    def prepare(self, *questions: str) -> None:
        """Load what answers these (names of the methods below), or raise what hinders it."""

    def require(self, names: Sequence[str]) -> None:
        """Raise an UnknownName or OptionError unless each of these objects can be recognised."""

    def objects(self, pictures: Pictures) -> list[str]:
        """The object that each picture is taken for."""

    def artists(self, pictures: Pictures) -> list[str] | None:
        """The artist that each picture is taken for; None where nobody can tell."""

    def explicit(self, pictures: Pictures) -> list[tuple[str, ...]]:
        """What of the explicit concept is found in each picture: names of classes."""

    def alignment(self, pictures: Pictures, prompts: Sequence[str]) -> NDArray[np.float64]:
        """How well each picture fits its prompt: a CLIP score."""

    def features(self, pictures: Pictures) -> NDArray[np.float64]:
        """(n, width): what the Fréchet distance is measured on."""

    def distance(self, first: Pictures, second: Pictures) -> NDArray[np.float64]:
        """Perceptual distance of each pair: LPIPS or what stands for it."""


class EmojiSubject:
    """The embedded model and its judge."""

    name = "emoji"
    recipe = "emoji"

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.facts = {
            "objects, artists": "the judge of emoji: a classifier of real drawings",
            "explicit": "the judge's badge head, threshold 0.5, one class: badge",
            "judge's fit": "the judge's picture and text towers, cosine, for a CLIP score",
            "judge's FID": "Fréchet distance of the judge's 192 features, not of Inception's",
            "judge's distance": "of the judge's feature maps, unweighted, for LPIPS",
            "judge": f"fingerprint {fingerprint(judge.state_dict())[:17]}",
        }
        self.calls = {
            "LPIPS": "judge's distance", "FID": "judge's FID", "CLIP score": "judge's fit",
        }  # fmt: skip

    def prepare(self, *questions: str) -> None:
        """All is there."""

    def require(self, names: Sequence[str]) -> None:
        """Raise an UnknownName unless each of these objects is in the cast."""
        for name in names:
            if name not in cast.OBJECT_NAMES:
                raise unknown_name("object", name, cast.OBJECT_NAMES)

    def objects(self, pictures: Pictures) -> list[str]:
        """The object that each picture is taken for."""
        verdicts = self._look(pictures, lambda x: self._judge(x).objects.argmax(1))
        return [cast.OBJECT_NAMES[index] for index in verdicts.tolist()]

    def artists(self, pictures: Pictures) -> list[str] | None:
        """The artist that each picture is taken for."""
        verdicts = self._look(pictures, lambda x: self._judge(x).artists.argmax(1))
        return [cast.ARTIST_NAMES[index] for index in verdicts.tolist()]

    def explicit(self, pictures: Pictures) -> list[tuple[str, ...]]:
        """Whether the badge is there."""
        there = self._look(pictures, lambda x: self._judge(x).badge > 0)
        return [("badge",) if seen else () for seen in there.tolist()]

    def alignment(self, pictures: Pictures, prompts: Sequence[str]) -> NDArray[np.float64]:
        """Cosine between each picture and its prompt."""
        parts = [
            self._judge.score(
                pictures_to_tensor(pictures[start : start + _BATCH]),
                list(prompts[start : start + _BATCH]),
            )
            for start in range(0, len(pictures), _BATCH)
        ]
        return torch.cat(parts).double().numpy()

    def features(self, pictures: Pictures) -> NDArray[np.float64]:
        """(n, 192)"""
        return self._look(pictures, lambda x: self._judge(x).features).double().numpy()

    def distance(self, first: Pictures, second: Pictures) -> NDArray[np.float64]:
        """Distance of the judge's maps."""
        parts = [
            self._judge.distance(
                pictures_to_tensor(first[start : start + _BATCH]),
                pictures_to_tensor(second[start : start + _BATCH]),
            )
            for start in range(0, len(first), _BATCH)
        ]
        return torch.cat(parts).double().numpy()

    def _look(self, pictures: Pictures, ask: "_Ask") -> Tensor:
        with torch.no_grad():
            return torch.cat(
                [
                    ask(pictures_to_tensor(pictures[start : start + _BATCH]))
                    for start in range(0, len(pictures), _BATCH)
                ]
            )


class _Ask(Protocol):
    def __call__(self, x: Tensor, /) -> Tensor: ...
