"""Where the pictures of a study lie before it is made.

    FOLDER/study.toml              settings; may be left out
    FOLDER/ARTIST/real/            works of the artist
    FOLDER/ARTIST/references/      works to show beside the picture in question; may be left out
    FOLDER/ARTIST/similar/         works of a similar artist
    FOLDER/ARTIST/unedited/        drawn by the unedited model
    FOLDER/ARTIST/esd-x/           drawn by a system that keeps the artist away, named by the folder
    FOLDER/ARTIST/other-esd-x/     drawn for this artist by a system that keeps another one away

Source         one picture: artist, kind, file
find_pictures  a folder -> every picture in it
"""

from dataclasses import dataclass
from pathlib import Path

from unsee.errors import OptionError
from unsee.study.kinds import CHECK, REAL, REFERENCE

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif")
"""Other files in a folder, such as a manifest, are left alone."""
WORKS = 5
"""Works of the artist beside the picture in question."""


@dataclass(frozen=True)
class Source:
    """One picture."""

    artist: str
    kind: str
    path: Path


def find_pictures(folder: Path) -> list[Source]:
    """Find every picture, in the order of names.

    Without `references`, every other work of `real` becomes one: a work that is shown beside
    others would be known again when it is asked for.

    Raises:
        OptionError: no artists, an artist without works enough, a kind without pictures, or kinds
            that differ.
    """
    if not folder.is_dir():
        raise OptionError(f"there is no folder {folder}; make it as docs/study.md shows")
    artists = _folders(folder)
    if not artists:
        raise OptionError(f"{folder} has no folder of an artist in it; see docs/study.md")
    sources = [one for artist in artists for one in _of_artist(artist)]
    kinds = {
        artist.name: {one.kind for one in sources if one.artist == artist.name}
        for artist in artists
    }
    everything = set().union(*kinds.values())
    for name, has in kinds.items():
        if missing := sorted(everything - has):
            raise OptionError(
                f"{name} has no pictures of {', '.join(missing)}, which other artists have; "
                "every artist needs a picture of every kind"
            )
    return sources


def _of_artist(folder: Path) -> list[Source]:
    pictures = {kind.name: _pictures(kind) for kind in _folders(folder)}
    for name in (CHECK, REFERENCE):
        if name in pictures:
            raise OptionError(f"{folder / name} has a name that is taken; choose another")
    for kind, paths in pictures.items():
        # If it is so for every artist, the kind would be missing from the study without a word.
        if not paths:
            raise OptionError(
                f"{folder / kind} has no picture that can be read ({', '.join(PICTURES)}); "
                "put some there, or delete the folder"
            )
    references = pictures.pop("references", [])
    works = pictures.pop(REAL, [])
    if not references:
        references, works = works[::2], works[1::2]
    if len(references) < WORKS or not works:
        raise OptionError(
            f"{folder} needs {WORKS} works to show and one to ask for: "
            f"{2 * WORKS} pictures or more in {REAL}/, or {WORKS} in references/ and one in {REAL}/"
        )
    sorts = {REFERENCE: references, REAL: works, **pictures}
    return [Source(folder.name, kind, path) for kind, paths in sorts.items() for path in paths]


def _folders(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_dir() and one.name[0] != ".")


def _pictures(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.suffix.lower() in PICTURES)
