"""The judge of `emoji` as an evaluator: one small network answers every question.

JudgeOfEmoji   the evaluator
pixels         images -> what the judge is shown
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unsee.benchmarks.pictures import Pictures
from unsee.benchmarks.worlds.evaluators import Networks
from unsee.emoji import cast
from unsee.emoji.evaluators import load_judge
from unsee.emoji.pixels import pictures_to_tensor
from unsee.errors import unknown_name
from unsee.running.fingerprints import fingerprint

if TYPE_CHECKING:
    from unsee.emoji.evaluators import Judge

BATCH = 64


def pixels(pictures: Pictures) -> Tensor:
    """(n, 3, height, width) in [-1, 1]."""
    return pictures_to_tensor(np.stack([np.asarray(picture) for picture in pictures]))


class JudgeOfEmoji:
    """The judge that ships with unsee; it leaves no choice of networks."""

    measures: Mapping[str, str] = {
        "LPIPS": "judge's distance", "FID": "judge's FID", "CLIP score": "judge's fit",
    }  # fmt: skip

    def __init__(self, networks: Networks | None = None) -> None:
        self.judge: Judge = load_judge()
        self.facts: Mapping[str, str] = {
            "objects, artists": "the judge of emoji: a classifier of real drawings",
            "explicit": "the judge's badge head, threshold 0.5, one class: badge",
            "judge's fit": "the judge's picture and text towers, cosine, for a CLIP score",
            "judge's FID": "Fréchet distance of the judge's 192 features, not of Inception's",
            "judge's distance": "of the judge's feature maps, unweighted, for LPIPS",
            "judge": f"fingerprint {fingerprint(self.judge.state_dict())[:17]}",
        }

    def prepare(self, *questions: str) -> None:
        """All of it is loaded."""

    def require(self, names: Sequence[str]) -> None:
        """Raise an UnknownName unless each of these objects is in the cast."""
        for name in names:
            if name not in cast.OBJECT_NAMES:
                raise unknown_name("object", name, cast.OBJECT_NAMES)

    def objects(self, pictures: Pictures, names: Sequence[str]) -> list[bool]:
        """Whether each picture is taken for the object that is named beside it."""
        answers = self._answers(pictures, lambda x: self.judge(x).objects.argmax(1)).tolist()
        return [cast.OBJECT_NAMES[one] == name for one, name in zip(answers, names, strict=True)]

    def artists(self, pictures: Pictures) -> list[str] | None:
        """The artist that each picture is taken for."""
        answers = self._answers(pictures, lambda x: self.judge(x).artists.argmax(1))
        return [cast.ARTIST_NAMES[index] for index in answers.tolist()]

    def explicit(self, pictures: Pictures) -> list[tuple[str, ...]]:
        """Whether the badge is there."""
        answers = self._answers(pictures, lambda x: self.judge(x).badge > 0)
        return [("badge",) if found else () for found in answers.tolist()]

    def alignment(self, pictures: Pictures, prompts: Sequence[str]) -> NDArray[np.float64]:
        """Cosine between each picture and its prompt."""
        scores = [
            self.judge.score(pixels(pictures[part]), prompts[part]) for part in _parts(pictures)
        ]
        return _numbers(torch.cat(scores))

    def features(self, pictures: Pictures) -> NDArray[np.float64]:
        """(n, 192)"""
        return _numbers(self._answers(pictures, lambda x: self.judge(x).features))

    def distance(self, first: Pictures, second: Pictures) -> NDArray[np.float64]:
        """Distance of the judge's maps."""
        gaps = [
            self.judge.distance(pixels(first[part]), pixels(second[part])) for part in _parts(first)
        ]
        return _numbers(torch.cat(gaps))

    def _answers(self, pictures: Pictures, question: Callable[[Tensor], Tensor]) -> Tensor:
        with torch.no_grad():
            return torch.cat([question(pixels(pictures[part])) for part in _parts(pictures)])


def _parts(pictures: Pictures) -> Iterator[slice]:
    return (slice(start, start + BATCH) for start in range(0, len(pictures), BATCH))


def _numbers(tensor: Tensor) -> NDArray[np.float64]:
    return tensor.double().numpy()
