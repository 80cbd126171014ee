"""From npm packages to the shipped atlas: the drawings, cut out and laid on one sheet an artist.

`build_atlas`    the rebuild command: fetch the pinned packages, draw, write sheets and atlas.json
`fetch_packages` npm installs the pinned versions into a cache folder
`draw_icon`      one icon of one package as an RGBA picture (resvg draws the SVG)

Only this file needs npm and resvg; what it writes ships with the package.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from PIL import Image

from unsee.emoji import cast
from unsee.errors import MissingExtra, OutputError

CELL = 96
"""Pixels of a drawing on its sheet: half as much again as the model draws, to stay sharp."""

COLUMNS = 8
KEYWORD_PACKAGE = ("emojibase-data", "17.0.0")


def build_atlas(out: Path, cache: Path) -> Path:
    """Draw every artist's sheet into `out` and describe them in `out/atlas.json`.

    Args:
        out: the folder that `atlas.py` reads (by default the package's own data folder).
        cache: where the npm packages are kept between runs.

    Raises:
        MissingExtra: resvg-py is not there.
        OutputError: npm is not there, or `out` cannot be written.
    """
    packages = fetch_packages(cache)
    _check_keywords(packages)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write the atlas to {out}: {error.strerror}") from error
    icons = [thing.icon for thing in cast.OBJECTS]
    for artist in cast.ARTISTS:
        package = json.loads((packages / artist.package / "icons.json").read_text())
        extras = [cast.BADGE.icon] + [
            artwork.icon for artwork in cast.ARTWORKS if artwork.artist == artist.name
        ]
        sheet = _lay_out([draw_icon(package, artist, icon) for icon in icons + extras])
        _save(sheet, out / f"{artist.name.replace(' ', '-')}.png")
    _describe(out / "atlas.json")
    return out


def fetch_packages(cache: Path) -> Path:
    """Install the pinned packages with npm; returns the node_modules folder."""
    modules = cache / "node_modules"
    pins = [(artist.package, artist.version) for artist in cast.ARTISTS] + [KEYWORD_PACKAGE]
    if all(_installed_version(modules / name) == pin for name, pin in pins):
        return modules
    npm = shutil.which("npm")
    if npm is None:
        raise OutputError("the drawings come from npm, which is not installed: install Node.js")
    cache.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--prefix", str(cache), "--no-audit", "--no-fund", "--no-save"]
    result = subprocess.run(
        command + [f"{name}@{pin}" for name, pin in pins],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        last = result.stderr.strip().splitlines()[-1:] or ["no message"]
        raise OutputError(f"npm could not install the drawings: {last[0]}")
    return modules


def draw_icon(
    package: dict[str, Any], artist: cast.Artist, icon: str, size: int = CELL
) -> Image.Image:
    """Draw `icon` as its artist made it: an RGBA picture of `size` x `size` pixels."""
    try:
        import resvg_py
    except ImportError as error:
        raise MissingExtra("drawing the atlas", "data") from error
    shape, left, top, width, height = _find(package, artist, icon)
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{left} {top} {width} {height}" width="{size}" height="{size}" color="#000">'
        f"{shape}</svg>"
    )
    return Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGBA")


def _find(
    package: dict[str, Any], artist: cast.Artist, icon: str
) -> tuple[str, float, float, float, float]:
    """The SVG body and view box of an icon, by its CLDR name, through the package's aliases."""
    name = cast.ICON_EXCEPTIONS.get((artist.name, icon), icon)
    if artist.compact_names and name not in package["icons"]:
        name = name.replace("-", "")
    while name not in package["icons"]:
        name = package["aliases"][name]["parent"]
    entry = {"width": 16, "height": 16, "left": 0, "top": 0} | package | package["icons"][name]
    return entry["body"], entry["left"], entry["top"], entry["width"], entry["height"]


def _lay_out(drawings: list[Image.Image]) -> Image.Image:
    rows = -(-len(drawings) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * CELL, rows * CELL))
    for place, drawing in enumerate(drawings):
        sheet.paste(drawing, (place % COLUMNS * CELL, place // COLUMNS * CELL))
    return sheet


def _save(sheet: Image.Image, path: Path) -> None:
    temporary = path.with_suffix(".tmp")
    sheet.save(temporary, format="PNG", optimize=True)
    temporary.replace(path)


def _describe(path: Path) -> None:
    """Write what lies on the sheets and whose it is: the attribution travels with the pixels."""
    about = {
        "cell": CELL,
        "columns": COLUMNS,
        "resvg": version("resvg-py"),
        "keywords": "@".join(KEYWORD_PACKAGE),
        "objects": [thing.name for thing in cast.OBJECTS],
        "badge": cast.BADGE.name,
        "artists": [
            {
                "name": artist.name,
                "sheet": f"{artist.name.replace(' ', '-')}.png",
                "package": f"{artist.package}@{artist.version}",
                "author": artist.author,
                "licence": artist.licence,
                "homepage": artist.homepage,
                "artworks": [a.title for a in cast.ARTWORKS if a.artist == artist.name],
            }
            for artist in cast.ARTISTS
        ],
    }
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(about, indent=1) + "\n")
    temporary.replace(path)


def _installed_version(package: Path) -> str | None:
    manifest = package / "package.json"
    return json.loads(manifest.read_text())["version"] if manifest.exists() else None


def _check_keywords(packages: Path) -> None:
    """Every synonym that is said to come from CLDR must be there."""
    entries = json.loads((packages / KEYWORD_PACKAGE[0] / "en" / "data.json").read_text())
    known: dict[str, set[str]] = {}
    for entry in entries:
        label = entry["label"].lower()
        icon = re.sub("[^a-z0-9]+", "-", label).strip("-")
        known[icon] = {label, *(tag.lower() for tag in entry.get("tags", ()))}
    for thing in cast.OBJECTS:
        for keyword in cast.KEYWORDS.get(thing.name, ()):
            if keyword not in known[thing.icon]:
                raise ValueError(f"CLDR does not call the {thing.name} {keyword!r}")
