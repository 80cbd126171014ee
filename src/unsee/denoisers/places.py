"""What each parameter of a denoiser is for: a family says it, nobody guesses it.

Place        what a parameter is part of
PARAMETERS   the sets that an erasure may change, by name, as sets of places
"""

from enum import Enum


class Place(Enum):
    """What a parameter is part of."""

    TEXT_INPUT = "keys and values that attention computes from the text"
    TEXT_ATTENTION = "the rest of the attention that reads the text"
    IMAGE_ATTENTION = "attention of the image to itself"
    REST = "everything else"


_READS_TEXT = frozenset({Place.TEXT_INPUT, Place.TEXT_ATTENTION})

PARAMETERS: dict[str, frozenset[Place]] = {
    "x-strict": frozenset({Place.TEXT_INPUT}),
    "x": _READS_TEXT,
    "u": frozenset(Place) - _READS_TEXT,
    "selfattn": frozenset({Place.IMAGE_ATTENTION}),
    "full": frozenset(Place),
}
"""Sec. 4.1 of Gandikota et al. 2023 and the ablations of Fig. 4: ESD-x trains `x`, ESD-u `u`."""
