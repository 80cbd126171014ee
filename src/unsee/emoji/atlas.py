"""The drawings that ship with unsee, cut from their sheets.

`Atlas`       every drawing as arrays: objects, badges, artworks, and the stickers' shapes
`load_atlas`  reads the shipped sheets once
`concepts`    what `emoji` knows, by kind: the choices of `unsee list`
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unsee.emoji import cast

FOLDER = Path(__file__).parent / "data"

ARTWORK_MARGIN = 0.07
"""Part of each side cut from an artwork, with the rounded corners: it fills the frame."""


@dataclass(frozen=True)
class Atlas:
    """Drawings as uint8 arrays; a, o and w count artists, objects and artworks."""

    objects: NDArray[np.uint8]
    """(a, o, cell, cell, 4)"""
    badges: NDArray[np.uint8]
    """(a, cell, cell, 4): the adults-only badge as each artist drew it"""
    artworks: NDArray[np.uint8]
    """(w, cell, cell, 3): in the order of `cast.ARTWORKS`"""

    @cached_property
    def silhouettes(self) -> NDArray[np.uint8]:
        """(a, o + 1, cell, cell): 255 inside each drawing's outer edge, the badge last.

        Holes are filled: it is the shape of a sticker with the drawing on it. It takes half a
        second to find them all.
        """
        drawings = np.concatenate([self.objects, self.badges[:, None]], axis=1)
        empty = np.pad(
            drawings[..., 3] < 64, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=True
        )
        outside = np.zeros_like(empty)
        outside[..., 0, :] = True
        reached = 0
        # The outside grows from the frame through empty pixels until nothing new is reached.
        while (count := int(outside.sum())) != reached:
            reached = count
            for axis in (-1, -2):
                for step in (1, -1):
                    outside |= np.roll(outside, step, axis) & empty
        return np.where(outside, 0, 255).astype(np.uint8)[..., 1:-1, 1:-1]


@cache
def load_atlas(folder: Path = FOLDER) -> Atlas:
    """Read the sheets that `sources.build_atlas` wrote."""
    about = json.loads((folder / "atlas.json").read_text())
    cell, columns = about["cell"], about["columns"]
    objects, badges, artworks = [], [], {}
    for artist in about["artists"]:
        with Image.open(folder / artist["sheet"]) as image:
            sheet = np.asarray(image.convert("RGBA"))
        rows = sheet.shape[0] // cell
        cells = (
            sheet.reshape(rows, cell, columns, cell, 4).swapaxes(1, 2).reshape(-1, cell, cell, 4)
        )
        count = len(about["objects"])
        objects.append(cells[:count])
        badges.append(cells[count])
        for place, title in enumerate(artist["artworks"], start=count + 1):
            artworks[title] = _full_frame(cells[place])
    return Atlas(
        np.stack(objects),
        np.stack(badges),
        np.stack([artworks[title] for title in cast.ARTWORK_TITLES]),
    )


def concepts() -> dict[str, tuple[str, ...]]:
    """What `emoji` can draw and therefore forget, by kind."""
    return {
        "artists": cast.ARTIST_NAMES,
        "objects": cast.OBJECT_NAMES,
        "artworks": cast.ARTWORK_TITLES,
        "contexts": cast.CONTEXT_PHRASES,
        "backgrounds": tuple(f"on a {name} background" for name in cast.BACKGROUNDS),
        "badge": (cast.BADGE.name,),
    }


def _full_frame(cell: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An artwork without its transparent margin and rounded corners, on white."""
    picture = Image.fromarray(cell)
    left, top, right, bottom = picture.getbbox() or (0, 0, *picture.size)
    margin_x, margin_y = (right - left) * ARTWORK_MARGIN, (bottom - top) * ARTWORK_MARGIN
    box = (left + margin_x, top + margin_y, right - margin_x, bottom - margin_y)
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    framed = white.convert("RGB").resize(picture.size, Image.Resampling.LANCZOS, box=box)
    return np.asarray(framed)
