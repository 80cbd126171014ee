"""What a picture in question can be.

REAL, SIMILAR, UNEDITED   kinds that every study has
OTHER                     the prefix of kinds drawn while another artist was erased
half                      the half of Fig. 6 that a kind belongs to
paper_mean                the mean rating of a kind in the paper, if the text gives one
order_of                  the order of kinds in tables and figures
"""

from typing import Literal

REAL, SIMILAR, UNEDITED = "real", "similar", "unedited"
OTHER = "other-"
REFERENCE = "reference"
"""The works that are shown beside the picture in question; no kind of question."""
CHECK = "check"
"""A question that only asks whether the participant looks."""

PAPER = {
    REAL: 3.85,
    SIMILAR: 3.16,
    UNEDITED: 3.21,
    "esd-x": 1.12,
    "sld": 2.00,
    "negative": 2.22,
}
"""Mean ratings of Gandikota et al. 2023, Sec. 5.1.2; the text has none of the interference half."""


def half(kind: str) -> Literal["efficacy", "interference"]:
    """Tell which half of Fig. 6 a kind belongs to."""
    return "interference" if kind.startswith(OTHER) else "efficacy"


def paper_mean(kind: str) -> float | None:
    """Find the paper's mean rating; any configuration of SLD answers to its one."""
    return PAPER.get("sld" if kind.startswith("sld-") else kind)


def order_of(kind: str) -> tuple[bool, int, str]:
    """Sort kinds as the paper lists them, the interference half last."""
    known = list(PAPER)
    system = kind.removeprefix(OTHER)
    name = "sld" if system.startswith("sld-") else system
    return half(kind) == "interference", known.index(name) if name in known else len(known), kind
