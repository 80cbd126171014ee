"""How often something happened, and how sure one can be of it.

Rate   hits out of trials, with Wilson's 95 % interval
NONE   of no trials, where sums begin
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_Z = 1.959964
"""97.5 % quantile of the normal distribution."""


@dataclass(frozen=True)
class Rate:
    """A share of trials that were hits."""

    hits: int
    trials: int

    @classmethod
    def of(cls, hits: "Tensor") -> "Rate":
        """Count a tensor of booleans."""
        return cls(int(hits.sum()), hits.numel())

    @classmethod
    def count(cls, hits: Iterable[bool]) -> "Rate":
        """Count booleans, one by one."""
        trials = list(hits)
        return cls(sum(trials), len(trials))

    @property
    def value(self) -> float:
        """The share; not a number where there were no trials."""
        return self.hits / self.trials if self.trials else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The score interval of Wilson (1927) at 95 %: sound for small samples and near 0 and 1."""
        if not self.trials:
            return 0.0, 1.0
        n, p = self.trials, self.value
        centre = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        reach = _Z / (1 + _Z**2 / n) * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
        return max(centre - reach, 0.0), min(centre + reach, 1.0)

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.hits + other.hits, self.trials + other.trials)

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} %"


NONE = Rate(0, 0)
"""Of no trials, where sums begin."""
