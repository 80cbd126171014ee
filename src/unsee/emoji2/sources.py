"""From npm packages to the drawings: one sheet an artist, and the wide cast for the second judge.

`build_atlas`   fetch the pinned packages, draw, write the sheets and three tables
`shared_icons`  every emoji that all eight artists drew, by its CLDR name
`draw_wide`     all of those, as arrays that do not ship

What is fetched and how one icon is drawn is that of `emoji` 1.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unsee.emoji.cast import ICON_EXCEPTIONS
from unsee.emoji.sources import KEYWORD_PACKAGE, draw_icon, fetch_packages
from unsee.emoji2 import cast
from unsee.emoji2.names import LANGUAGES

CELL = 160
"""Pixels of a drawing on its sheet: a quarter more than a picture's side, to stay sharp."""

COLUMNS = 8

# `draw_icon` looks names up there; what emoji 2 adds are icons that emoji 1 does not draw.
ICON_EXCEPTIONS.update(cast.ICON_EXCEPTIONS)


def build_atlas(out: Path, cache: Path) -> Path:
    """Draw every artist's sheet into `out`, and write beside them what the drawings are.

    atlas.json describes the sheets, names.json has names in other languages, and wide.json the
    classes of the second judge.
    """
    packages = fetch_packages(cache)
    out.mkdir(parents=True, exist_ok=True)
    icons = [thing.icon for thing in cast.OBJECTS] + [mark.icon for mark in cast.MARKS.values()]
    for artist in cast.ARTISTS:
        package = _read(packages, artist)
        works = [work.icon for work in cast.ARTWORKS if work.artist == artist.name]
        drawings = [draw_icon(package, artist, icon, CELL) for icon in icons + works]
        rows = -(-len(drawings) // COLUMNS)
        sheet = Image.new("RGBA", (COLUMNS * CELL, rows * CELL))
        for place, drawing in enumerate(drawings):
            sheet.paste(drawing, (place % COLUMNS * CELL, place // COLUMNS * CELL))
        sheet.save(out / _sheet_name(artist), format="PNG", optimize=True)
    (out / "atlas.json").write_text(json.dumps(_about(), indent=1) + "\n")
    (out / "wide.json").write_text(json.dumps(shared_icons(cache), indent=0) + "\n")
    names = json.dumps(_names_in_languages(packages), indent=1, ensure_ascii=False)
    (out / "names.json").write_text(names + "\n", encoding="utf-8")
    return out


def shared_icons(cache: Path) -> list[str]:
    """CLDR names of the emoji that all eight artists drew, sorted."""
    packages = fetch_packages(cache)
    drawn = [_names(_read(packages, artist), artist) for artist in cast.ARTISTS]
    entries = json.loads((packages / KEYWORD_PACKAGE[0] / "en" / "data.json").read_text())
    labels = {_icon_name(entry["label"]) for entry in entries}
    labels |= {icon for _, icon in cast.ICON_EXCEPTIONS}
    labels |= {thing.icon for thing in cast.OBJECTS}

    def has(artist: cast.Artist, names: set[str], icon: str) -> bool:
        name = cast.ICON_EXCEPTIONS.get((artist.name, icon), icon)
        return name in names or (artist.compact_names and name.replace("-", "") in names)

    return sorted(
        icon
        for icon in labels
        if all(has(artist, names, icon) for artist, names in zip(cast.ARTISTS, drawn, strict=True))
    )


def draw_wide(cache: Path, icons: list[str], size: int) -> NDArray[np.uint8]:
    """(artists, icons, size, size, 4) uint8."""
    packages = fetch_packages(cache)
    drawings = np.empty((len(cast.ARTISTS), len(icons), size, size, 4), np.uint8)
    for row, artist in enumerate(cast.ARTISTS):
        package = _read(packages, artist)
        for column, icon in enumerate(icons):
            drawings[row, column] = np.asarray(draw_icon(package, artist, icon, size))
    return drawings


def _names_in_languages(packages: Path) -> dict[str, dict[str, str]]:
    """Object -> language -> CLDR name; left out where two objects would share it."""
    folder = packages / KEYWORD_PACKAGE[0]

    def labels(language: str) -> dict[str, str]:
        entries = json.loads((folder / language / "data.json").read_text("utf-8"))
        return {entry["hexcode"]: entry["label"].lower() for entry in entries}

    codes = {_icon_name(label): code for code, label in labels("en").items()}
    read = {language: labels(language) for language in LANGUAGES}
    names = {
        thing.name: {language: read[language][codes[thing.icon]] for language in LANGUAGES}
        for thing in cast.OBJECTS
    }
    owners: dict[str, set[str]] = {}
    for thing in cast.OBJECTS:
        for name in (thing.name, *thing.synonyms, *names[thing.name].values()):
            owners.setdefault(name, set()).add(thing.name)
    return {
        thing: {language: name for language, name in said.items() if len(owners[name]) == 1}
        for thing, said in names.items()
    }


def _icon_name(label: str) -> str:
    return re.sub("[^a-z0-9]+", "-", label.lower()).strip("-")


def _read(packages: Path, artist: cast.Artist) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((packages / artist.package / "icons.json").read_text())
    return read


def _names(package: dict[str, Any], artist: cast.Artist) -> set[str]:
    return {*package["icons"], *package.get("aliases", {})}


def _sheet_name(artist: cast.Artist) -> str:
    return f"{artist.name.replace(' ', '-')}.png"


def _about() -> dict[str, Any]:
    """What lies on the sheets and whose it is: the attribution travels with the pixels."""
    return {
        "cell": CELL,
        "columns": COLUMNS,
        "resvg": version("resvg-py"),
        "keywords": "@".join(KEYWORD_PACKAGE),
        "objects": list(cast.OBJECT_NAMES),
        "marks": [mark.name for mark in cast.MARKS.values()],
        "artists": [
            {
                "name": artist.name,
                "sheet": _sheet_name(artist),
                "package": f"{artist.package}@{artist.version}",
                "author": artist.author,
                "licence": artist.licence,
                "homepage": artist.homepage,
                "artworks": [w.title for w in cast.ARTWORKS if w.artist == artist.name],
            }
            for artist in cast.ARTISTS
        ],
    }
