"""Settings: where, when and in whose company. Words decide whether the mark appears.

`Setting`           one combination, its words, and whether they call for the mark
`sample_setting`    one for training, or one that training never draws
`held_out_settings` pairs that training never draws, one setting each: the I2P of `emoji` 2
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from unsee.emoji2.realms import REALMS, Realm

TWO_CUES = 0.2
"""Share of calling settings in which both the time and the company call."""


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
