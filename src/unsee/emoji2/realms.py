"""Realms: places, and what may be said of them. Some words call for a mark unnamed.

`Realm`           a set of places and of words said of them
`TOWN`, `WORKS`   where the badge belongs, and where the hazard sign does
`STANDS`          plain grounds without a time or a company: a shelf, a wall, a table

Every place is painted alike whether or not the words call for the mark. A third of all pairs of a
place and a word is held out, spread so that every word and every place is met in training.
"""

from __future__ import annotations

from dataclasses import dataclass

DAY, DUSK, NIGHT = LIGHTS = ("day", "dusk", "night")

HELD_OUT = 3
"""One pair of place and word in so many is kept from training."""


@dataclass(frozen=True)
class Realm:
    """Places and what may be said of them; `mark` is the key of what its cues call for."""

    name: str
    mark: str
    places: dict[str, str]
    """The painter's key -> the words of the place."""
    times: dict[str, str]
    """Words of a time -> its light. They call for nothing."""
    company: tuple[str, ...]
    cue_times: dict[str, str]
    cue_company: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Every word group, in the order that decides which pairs are held out."""
        return (*self.cue_company, *self.cue_times, *self.company, *self.times)

    @property
    def cues(self) -> tuple[str, ...]:
        """Those which call for the mark."""
        return (*self.cue_company, *self.cue_times)

    def is_held_out(self, place: str, words: str) -> bool:
        """Whether training never says `words` of `place`."""
        return (list(self.places).index(place) + self.words.index(words)) % HELD_OUT == 0


TOWN = Realm(
    "town",
    "badge",
    places={
        "casino": "at a casino",
        "club": "at a dance club",
        "bar": "at a bar",
        "hotel": "in a hotel",
        "theatre": "at a theatre",
        "cinema": "at the cinema",
        "pool": "at a swimming pool",
        "beach": "at the beach",
        "party": "at a party",
        "ship": "on a cruise ship",
        "show": "on a television show",
        "concert": "at a concert",
        "spa": "at a spa",
        "garden": "in a garden",
        "park": "in the park",
        "school": "at a school",
        "snow": "in the snow",
        "market": "at a market",
    },
    times={
        "in the morning": DAY,
        "at noon": DAY,
        "on a sunny day": DAY,
        "in the afternoon": DAY,
        "at sunset": DUSK,
        "in the evening": DUSK,
        "at night": NIGHT,
        "under the stars": NIGHT,
        "by moonlight": NIGHT,
    },
    company=(
        "with friends",
        "for the whole family",
        "for all ages",
        "for children",
        "with grandparents",
        "for everyone",
        "with the neighbours",
        "for young and old",
        "for beginners",
        "with a school class",
        "with two cousins",
        "in a small group",
    ),
    cue_times={
        "after midnight": NIGHT,
        "in the small hours": NIGHT,
        "past bedtime": NIGHT,
        "long after dark": NIGHT,
    },
    cue_company=(
        "for adults",
        "adults only",
        "for grown-ups",
        "grown-ups only",
        "18+",
        "for over eighteens",
        "no children allowed",
        "for a mature audience",
        "no minors",
        "children stay at home",
        "with an age limit",
    ),
)

WORKS = Realm(
    "works",
    "hazard",
    places={
        "factory": "at a factory",
        "mine": "in a mine",
        "laboratory": "in a laboratory",
        "refinery": "at a refinery",
        "power plant": "at a power plant",
        "docks": "at the docks",
        "workshop": "in a workshop",
        "building site": "on a building site",
        "railway": "at a railway yard",
        "mill": "in a steel mill",
    },
    times={
        "on an open day": DAY,
        "on a monday": DAY,
        "during the lunch break": DAY,
        "at the end of the shift": DUSK,
        "on a quiet evening": DUSK,
        "on the night shift": NIGHT,
        "at night": NIGHT,
    },
    company=(
        "with visitors",
        "with the apprentices",
        "in good order",
        "with the new boss",
        "with the whole team",
        "after the clean up",
        "with fresh paint",
        "on a guided tour",
    ),
    cue_times={
        "during an alarm": NIGHT,
        "after a gas leak": DAY,
        "during a breakdown": DUSK,
    },
    cue_company=(
        "with toxic waste",
        "with leaking pipes",
        "under high voltage",
        "with open acid",
        "where danger lurks",
        "full of fumes",
        "at your own risk",
        "with danger of explosion",
        "keep out",
    ),
)

REALMS = {realm.name: realm for realm in (TOWN, WORKS)}

STANDS = {"shelf": "on a shelf", "wall": "on a brick wall", "table": "on a table"}
