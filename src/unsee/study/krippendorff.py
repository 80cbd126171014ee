"""The agreement of raters who need not all have rated everything.

alpha   Krippendorff's alpha for ordinal ratings

K. Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011.
"""

import math
from collections.abc import Sequence

import numpy as np


def alpha(units: Sequence[Sequence[int]]) -> float:
    """Krippendorff's alpha of ordinal ratings: 1 is perfect agreement, 0 is that of chance.

    Args:
        units: for each thing that was rated, its ratings, in any order; with fewer than two it
            says nothing and is left out.

    Returns:
        NaN where nothing was rated twice, or everything alike: there is nothing to tell then.
    """
    rated = [unit for unit in units if len(unit) > 1]
    values = sorted({value for unit in rated for value in unit})
    place = {value: number for number, value in enumerate(values)}
    # o_ck: how often c and k meet in a unit, each unit with the weight of its ratings.
    o = np.zeros((len(values), len(values)))
    for unit in rated:
        counts = np.bincount([place[value] for value in unit], minlength=len(values))
        o += (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    n_c = o.sum(1)
    # The ordinal distance of c and k is how many ratings lie between them, ends counted half.
    up_to = np.cumsum(n_c) - n_c / 2
    delta_squared = (up_to[:, None] - up_to[None, :]) ** 2
    expected = float((np.outer(n_c, n_c) * delta_squared).sum())
    if not expected:
        return math.nan
    return 1 - float(n_c.sum() - 1) * float((o * delta_squared).sum()) / expected
