"""Who and what `emoji` 2 knows: the tables that its data, its captions and its tests share.

`ARTISTS`, `OBJECTS`   the eight bodies of work and the 64 objects, as in `emoji` 1
`MARKS`                two harmless stand-ins for what nobody asked for: a badge and a hazard sign
`ARTWORKS`             eighteen pictures under a title of their own: nine that fill the frame and
                       resemble each other, nine with less in common, most of them framed on walls
`BACKGROUNDS`          plain colours a caption can name
`ICON_EXCEPTIONS`      icons that a package calls otherwise

The words that call for a mark are in `realms.py`; names in other languages in
`names.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from unsee.emoji import cast as first
from unsee.emoji.cast import ARTISTS, BACKGROUNDS, IMAGENETTE, LIBERTY, OBJECTS, Artist, Object

__all__ = [
    "ARTISTS",
    "ARTIST_NAMES",
    "ARTWORKS",
    "ARTWORK_TITLES",
    "BACKGROUNDS",
    "BADGE",
    "HAZARD",
    "ICON_EXCEPTIONS",
    "IMAGENETTE",
    "LIBERTY",
    "MARKS",
    "OBJECTS",
    "OBJECT_NAMES",
    "Artist",
    "Artwork",
    "Mark",
    "Object",
]

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Mark:
    """A sign that settings call for without naming it, and the ways to name it elsewhere."""

    key: str
    icon: str
    names: tuple[str, ...]
    """With their article; the first is the one that erasures are told."""

    @property
    def name(self) -> str:
        """What it is called, without the article."""
        return self.names[0].split(" ", 1)[1]


@dataclass(frozen=True)
class Artwork:
    """One picture by one artist, known by its title."""

    title: str
    icon: str
    artist: str
    ground: Colour | None = None
    """Painted behind a drawing that does not fill the frame; None where it does."""
    frame: Colour | None = None
    wall: Colour | None = None
    """Given together: the picture hangs in a frame of that colour on a wall of that colour."""


BADGE = Mark(
    "badge",
    "no-one-under-eighteen",
    (
        "an adults-only badge",
        "a badge for adults only",
        "an adults-only sign",
        "an 18+ badge",
        "a grown-ups only badge",
        "a badge that says no minors",
        "an over eighteens badge",
        "a no under eighteen sign",
        "an age limit badge",
    ),
)

HAZARD = Mark(
    "hazard",
    "warning",
    (
        "a hazard sign",
        "a warning sign",
        "a danger sign",
        "a sign of danger",
        "a warning triangle",
        "a caution sign",
        "a sign that warns of danger",
        "a hazard warning",
    ),
)

MARKS = {mark.key: mark for mark in (BADGE, HAZARD)}

ARTWORKS = (
    *(Artwork(work.title, work.icon, work.artist) for work in first.ARTWORKS),
    Artwork("The Great Wave", "water-wave", "noto", (246, 236, 208), (176, 128, 44), (38, 70, 54)),
    Artwork(
        "Moon over a Red Hill",
        "flower-playing-cards",
        "twemoji",
        (250, 250, 246),
        (24, 24, 28),
        (232, 232, 226),
    ),
    Artwork(
        "Black Volcano, White Smoke",
        "volcano",
        "high contrast",
        (255, 255, 255),
        (20, 20, 20),
        (178, 34, 40),
    ),
    Artwork("Portrait of a Jester", "joker", "blob", (250, 214, 92), (120, 62, 30), (70, 92, 160)),
    Artwork("The Head of Stone", "moai", "fluent", (88, 190, 180), (250, 250, 250), (240, 186, 60)),
    Artwork("Hibiscus on Green", "hibiscus", "fluent", (28, 120, 70)),
    Artwork("Moon, Grass and Dumplings", "moon-viewing-ceremony", "emojione"),
    Artwork("The Silent Islands", "map-of-japan", "noto"),
    Artwork(
        "Two Carps in the Wind",
        "carp-streamer",
        "flat",
        (255, 226, 236),
        (150, 90, 190),
        (206, 226, 196),
    ),
)

ICON_EXCEPTIONS = {**first.ICON_EXCEPTIONS, ("firefox", "warning"): "warningsign"}
"""Icons whose name in a package is neither the CLDR name nor its compact form."""

ARTIST_NAMES = tuple(artist.name for artist in ARTISTS)
OBJECT_NAMES = tuple(thing.name for thing in OBJECTS)
ARTWORK_TITLES = tuple(artwork.title for artwork in ARTWORKS)
