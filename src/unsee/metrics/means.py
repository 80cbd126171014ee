"""The mean of a measure and how sure one can be of it.

Mean   with a 95 % interval by the bootstrap
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000


@dataclass(frozen=True)
class Mean:
    """A mean, and between what it would lie were the sample drawn again."""

    value: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float] | NDArray[np.float64]) -> "Mean":
        """Mean of values, with the percentile bootstrap's interval; always the same one."""
        sample = np.asarray(values, dtype=np.float64)
        if not len(sample):
            return cls(math.nan, math.nan, math.nan, 0)
        chance = np.random.default_rng(0)
        means = [
            sample[chance.integers(len(sample), size=len(sample))].mean() for _ in range(RESAMPLES)
        ]
        low, high = np.quantile(means, (0.025, 0.975))
        return cls(float(sample.mean()), float(low), float(high), len(sample))
