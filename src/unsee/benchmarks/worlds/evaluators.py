"""Who looks at the pictures of an experiment, and what they are asked.

Evaluators   the seam; answers are per picture, and experiments take rates and means of them
Networks     what evaluators are made of that leave a choice
EVALUATORS   the evaluators by name; other packages add to them
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from unsee.benchmarks.pictures import Pictures
from unsee.running.registry import Registry

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Networks:
    """What evaluators are made of that leave a choice."""

    classifier: str | None = None
    """Hub id or folder of an image classifier; None for the evaluators' own."""
    clip: str | None = None
    """Hub id or folder of a CLIP; None for the evaluators' own."""
    device: "torch.device | str" = "cpu"
    """Where they compute."""


class Evaluators(Protocol):
    """Those who look at pictures."""

    @property
    def facts(self) -> Mapping[str, str]:
        """What answers each question, with versions and thresholds: for the result file."""

    @property
    def measures(self) -> Mapping[str, str]:
        """What stands for LPIPS, FID and CLIP score, as tables call it."""

    def prepare(self, *questions: str) -> None:
        """Load what answers these (names of the methods below), or raise what hinders it."""

    def require(self, names: Sequence[str]) -> None:
        """Raise an UnknownName or OptionError unless each of these objects can be recognised."""

    def objects(self, pictures: Pictures, names: Sequence[str]) -> list[bool]:
        """Whether each picture is taken for the object that is named beside it."""

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


EVALUATORS: Registry[Callable[[Networks], Evaluators]] = Registry(
    "evaluator",
    "unsee.evaluators",
    {
        "judge": "unsee.benchmarks.worlds.judge:JudgeOfEmoji",
        "published": "unsee.benchmarks.worlds.published:Published",
    },
)
