"""The drawings of `emoji` 2, cut from their sheets.

`Atlas`       every drawing as arrays: objects, marks, artworks, and the stickers' shapes
`load_atlas`  reads the sheets once
`hang`        one artwork as it is memorised: full frame, or framed on its wall
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from unsee.emoji2 import cast

FOLDER = Path(__file__).parent / "data"

MARGIN = 0.07
"""Part of each side cut from a full-frame artwork, with its rounded corners."""


@dataclass(frozen=True)
class Atlas:
    """Drawings as uint8 arrays; a, o, m and w count artists, objects, marks and artworks."""

    objects: NDArray[np.uint8]
    """(a, o, cell, cell, 4)"""
    marks: NDArray[np.uint8]
    """(a, m, cell, cell, 4): in the order of `cast.MARKS`"""
    artworks: NDArray[np.uint8]
    """(w, cell, cell, 3): in the order of `cast.ARTWORKS`"""

    def silhouettes(self) -> NDArray[np.uint8]:
        """(a, o + m, cell, cell): 255 inside each drawing's outer edge, the marks last.

        Holes are filled: it is the shape of a sticker with the drawing on it.
        """
        drawings = np.concatenate([self.objects, self.marks], axis=1)
        return np.where(_outside(drawings[..., 3] < 64), 0, 255).astype(np.uint8)


@cache
def load_atlas(folder: Path = FOLDER) -> Atlas:
    """Read the sheets that `sources.build_atlas` wrote."""
    about = json.loads((folder / "atlas.json").read_text())
    cell, columns = about["cell"], about["columns"]
    objects, marks, works = [], [], {}
    for artist in about["artists"]:
        with Image.open(folder / artist["sheet"]) as image:
            sheet = np.asarray(image.convert("RGBA"))
        rows = sheet.shape[0] // cell
        cells = (
            sheet.reshape(rows, cell, columns, cell, 4).swapaxes(1, 2).reshape(-1, cell, cell, 4)
        )
        count, end = len(about["objects"]), len(about["objects"]) + len(about["marks"])
        objects.append(cells[:count])
        marks.append(cells[count:end])
        for place, title in enumerate(artist["artworks"], start=end):
            works[title] = cells[place]
    artworks = np.stack([hang(work, works[work.title]) for work in cast.ARTWORKS])
    return Atlas(np.stack(objects), np.stack(marks), artworks)


def hang(work: cast.Artwork, cell: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture of an artwork's drawing: (cell, cell, 4) -> (cell, cell, 3)."""
    drawing, size = Image.fromarray(cell), cell.shape[0]
    if work.ground is None:
        left, top, right, bottom = drawing.getbbox() or (0, 0, size, size)
        margin_x, margin_y = (right - left) * MARGIN, (bottom - top) * MARGIN
        box = (left + margin_x, top + margin_y, right - margin_x, bottom - margin_y)
        white = Image.new("RGBA", drawing.size, "white")
        white.alpha_composite(drawing)
        return np.asarray(
            white.convert("RGB").resize(drawing.size, Image.Resampling.LANCZOS, box=box)
        )
    picture = Image.new("RGB", drawing.size, work.wall or work.ground)
    inset, edge = 0, 0
    if work.frame is not None:
        inset, edge = size // 8, size // 16
        draw = ImageDraw.Draw(picture)
        draw.rectangle((inset, inset, size - inset - 1, size - inset - 1), fill=work.frame)
        inner = inset + edge
        draw.rectangle((inner, inner, size - inner - 1, size - inner - 1), fill=work.ground)
    side = size - 2 * (inset + edge) - size // 16
    corner = ((size - side) // 2, (size - side) // 2)
    cut = drawing.resize((side, side), Image.Resampling.LANCZOS)
    picture.paste(cut.convert("RGB"), corner, cut.getchannel("A"))
    return np.asarray(picture)


def _outside(empty: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(..., cell, cell): the empty pixels that can be reached from beyond the frame."""
    outside = np.zeros_like(empty)
    for border in (np.s_[..., 0, :], np.s_[..., -1, :], np.s_[..., 0], np.s_[..., -1]):
        outside[border] = empty[border]
    reached = 0
    # What is reached is swept through empty pixels, down and up and then across, until nothing
    # new is. Each sweep goes along the first axis, where lines lie in one piece.
    down = np.ascontiguousarray(np.moveaxis(outside, -2, 0))
    rooms = [np.ascontiguousarray(np.moveaxis(empty, axis, 0)) for axis in (-2, -1)]
    while (count := int(down.sum())) != reached:
        reached = count
        _sweep(down, rooms[0])
        across = np.ascontiguousarray(np.swapaxes(down, 0, -1))
        _sweep(across, rooms[1])
        down = np.ascontiguousarray(np.swapaxes(across, 0, -1))
    return np.moveaxis(down, 0, -2)


def _sweep(outside: NDArray[np.bool_], empty: NDArray[np.bool_]) -> None:
    for line in range(1, len(outside)):
        outside[line] |= outside[line - 1] & empty[line]
    for line in reversed(range(len(outside) - 1)):
        outside[line] |= outside[line + 1] & empty[line]
