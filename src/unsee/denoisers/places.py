"""What each parameter of a denoiser is for: a family says it, nobody guesses it.

Place        what a parameter is part of
Parameters   a set of them
PARAMETERS   the sets that an erasure may change, by name
"""

from dataclasses import dataclass
from enum import Enum


class Place(Enum):
    """What a parameter is part of."""

    TEXT_INPUT = "keys and values that attention computes from the text"
    TEXT_ATTENTION = "the rest of the attention that reads the text"
    IMAGE_ATTENTION = "attention of the image to itself"
    REST = "everything else"


@dataclass(frozen=True)
class Parameters:
    """A set of parameters that an erasure may change."""

    places: frozenset[Place]
    help: str
    """What those are, and what changing them is for."""


_READS_TEXT = frozenset({Place.TEXT_INPUT, Place.TEXT_ATTENTION})

PARAMETERS = {
    "x": Parameters(_READS_TEXT, "cross-attention: what a prompt names, such as an artist's style"),
    "x-strict": Parameters(
        frozenset({Place.TEXT_INPUT}), "keys and values of cross-attention: the smallest edit"
    ),
    "u": Parameters(
        frozenset(Place) - _READS_TEXT,
        "all but cross-attention: objects, and what appears without being named",
    ),
    "selfattn": Parameters(
        frozenset({Place.IMAGE_ATTENTION}), "self-attention: the layout; an ablation"
    ),
    "full": Parameters(frozenset(Place), "everything; an ablation"),
}
"""Sec. 4.1 of Gandikota et al. 2023 and the ablations of Fig. 4: ESD-x trains `x`, ESD-u `u`."""
