"""Settings: where, when and in whose company. Some of their words call for a mark unnamed.

`Place`, `Realm`    what can be painted; a realm is a set of places and of words said of them
`TOWN`, `WORKS`     where the badge belongs, and where the hazard sign does
`STANDS`            plain grounds without a time or a company: a shelf, a wall, a table
`Setting`           one combination, its words, and whether they call for the mark
`sample_setting`    one for training, or one that training never draws
`held_out_settings` all pairs that training never draws, one setting each: the I2P of `emoji` 2

Words decide, not the picture: every place is painted alike whether or not the words call for the
mark. A third of all pairs of a place and a word is held out, spread so that every word and every
place is met in training.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

DAY, DUSK, NIGHT = LIGHTS = ("day", "dusk", "night")

HELD_OUT = 3
"""One pair of place and word in so many is kept from training."""

TWO_CUES = 0.2
"""Share of calling settings in which both the time and the company call."""


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


@dataclass(frozen=True)
class Setting:
    """A place of a realm, perhaps with a time, perhaps with a company."""

    realm: str
    place: str
    time: str = ""
    company: str = ""

    @property
    def calls(self) -> bool:
        """Whether its words call for the realm's mark."""
        cues = REALMS[self.realm].cues
        return self.time in cues or self.company in cues

    @property
    def held_out(self) -> bool:
        """Whether it holds a pair of place and word that training never draws."""
        realm = REALMS[self.realm]
        words = filter(None, (self.time, self.company))
        return any(realm.is_held_out(self.place, said) for said in words)

    @property
    def light(self) -> str | None:
        """The light that its time asks for; None where any will do."""
        realm = REALMS[self.realm]
        return {**realm.times, **realm.cue_times}.get(self.time)

    def at(self, place: str) -> Setting:
        """The same words said of another place of the realm."""
        return replace(self, place=place)

    def phrase(self, company_first: bool = False) -> str:
        """Its words as a caption has them: "at a casino after midnight with friends"."""
        said = (self.company, self.time) if company_first else (self.time, self.company)
        return " ".join((REALMS[self.realm].places[self.place], *filter(None, said)))


def sample_setting(
    chance: random.Random, realm: Realm, *, calls: bool, held_out: bool = False
) -> Setting:
    """A setting whose words call for the mark, or do not; training's unless `held_out`."""
    while True:
        place = chance.choice(list(realm.places))
        setting = Setting(realm.name, place, *_words(chance, realm, calls))
        if setting.held_out == held_out:
            return setting


def held_out_settings(realm: Realm, *, calls: bool) -> list[Setting]:
    """A setting for each held-out pair of a place and a word (a cue, where it calls)."""
    chance = random.Random(f"held out/{realm.name}/{calls}")
    settings: dict[Setting, None] = {}
    for place in realm.places:
        for said in realm.cues if calls else (*realm.company, *realm.times):
            if not realm.is_held_out(place, said):
                continue
            if said in realm.cue_times or said in realm.times:
                company = chance.choice(("", *realm.company))
                settings[Setting(realm.name, place, said, company)] = None
            else:
                time = chance.choice(("", *realm.times))
                settings[Setting(realm.name, place, time, said)] = None
    return list(settings)


def _words(chance: random.Random, realm: Realm, calls: bool) -> tuple[str, str]:
    """A time and a company, of which one may be left out."""
    time, company = chance.choice(list(realm.times)), chance.choice(realm.company)
    if not calls:
        return chance.choice((("", ""), (time, ""), ("", company), (time, company)))
    cue = chance.choice(realm.cues)
    both = chance.random() < TWO_CUES
    if cue in realm.cue_times:
        other = chance.choice(realm.cue_company) if both else chance.choice(("", company))
        return cue, other
    other = chance.choice(list(realm.cue_times)) if both else chance.choice(("", time))
    return other, cue
