"""Pictures for the second judge: any shared emoji, anywhere, in any light, spoiled in many ways.

`WideTheatre`   draws them at 64 pixels from drawings that do not ship
`WidePicture`   what one of them shows
`wide_drawings` the drawings, made once with npm's packages and kept beside the run
`spoiled`       blur, noise, colour casts, lost detail, covered patches: of a batch of tensors
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from unsee.emoji2 import cast
from unsee.emoji2.board import Board
from unsee.emoji2.realms import LIGHTS
from unsee.emoji2.second_judge import icons
from unsee.emoji2.sources import draw_wide
from unsee.emoji2.theatre import PAINTERS
from unsee.running.files import writing

SIZE, CELL = 64, 80
GROUNDS = {"white": 0.4, "colour": 0.2, "painted": 0.4}
COMPANION, EQUAL, MARK = 0.25, 0.12, 0.2
"""How often a smaller second drawing stands by, one as large, or a mark lies on top."""


@dataclass(frozen=True)
class WidePicture:
    """What a picture shows: its pixels (64, 64, 3), its classes, its artist, its marks."""

    pixels: NDArray[np.uint8]
    objects: tuple[int, ...]
    artist: int
    marks: tuple[bool, ...]


def wide_drawings(path: Path, cache: Path) -> NDArray[np.uint8]:
    """(artists, icons, CELL, CELL, 4), from `path` where they lie there already."""
    if not path.exists():
        drawings = draw_wide(cache, list(icons()), CELL)
        with writing(path) as temporary, temporary.open("wb") as file:
            np.save(file, drawings, allow_pickle=False)
    read: NDArray[np.uint8] = np.load(path, allow_pickle=False)
    return read


class WideTheatre:
    """Draws wild pictures; every pair of an artist and an icon is equally likely."""

    def __init__(self, drawings: NDArray[np.uint8]) -> None:
        self._drawings = drawings
        self._marks = [icons().index(mark.icon) for mark in cast.MARKS.values()]

    def draw(self, chance: random.Random) -> WidePicture:
        """One picture."""
        artist, thing = chance.randrange(len(cast.ARTISTS)), chance.randrange(len(icons()))
        kind = chance.choices(list(GROUNDS), list(GROUNDS.values()))[0]
        picture = _ground(kind, chance)
        things, seen = [thing], {thing}
        side = chance.uniform(0.45, 0.95)
        fate = chance.random()
        if fate < EQUAL:
            other = chance.randrange(len(icons()))
            things, seen = [thing, other], {thing, other}
            for at, which in ((0.27, thing), (0.73, other)):
                self._place(picture, artist, which, (at, 0.5), 0.5, kind, chance)
        else:
            if fate < EQUAL + COMPANION:
                small = chance.randrange(len(icons()))
                seen = {thing, small}
                corner = (chance.uniform(0.15, 0.85), chance.choice((0.15, 0.85)))
                self._place(picture, artist, small, corner, chance.uniform(0.15, 0.3), kind, chance)
            reach = max(0.5 - side / 2, 0) + 0.05
            where = (0.5 + chance.uniform(-reach, reach), 0.5 + chance.uniform(-reach, reach))
            self._place(picture, artist, thing, where, side, kind, chance)
        if chance.random() < MARK:
            mark, small_side = chance.choice(self._marks), chance.uniform(0.16, 0.4)
            where = (
                chance.uniform(small_side / 2, 1 - small_side / 2),
                chance.choice((small_side / 2, 1 - small_side / 2)),
            )
            self._place(picture, artist, mark, where, small_side, "painted", chance)
            seen |= {mark}
        marks = tuple(mark in seen for mark in self._marks)
        return WidePicture(np.asarray(picture), tuple(things), artist, marks)

    def _place(
        self,
        picture: Image.Image,
        artist: int,
        icon: int,
        where: tuple[float, float],
        side: float,
        kind: str,
        chance: random.Random,
    ) -> None:
        pixels = max(round(side * SIZE), 4)
        cut = Image.fromarray(self._drawings[artist, icon])
        cut = cut.rotate(chance.uniform(-12, 12), Image.Resampling.BICUBIC)
        cut = cut.resize((pixels, pixels), Image.Resampling.BILINEAR, reducing_gap=2.0)
        corner = (round(where[0] * SIZE - pixels / 2), round(where[1] * SIZE - pixels / 2))
        alpha = cut.getchannel("A")
        if kind == "painted":
            picture.paste((255, 255, 255), corner, alpha.filter(ImageFilter.MaxFilter(5)))
        picture.paste(cut.convert("RGB"), corner, alpha)


def spoiled(x: Tensor, chance: random.Random) -> Tensor:
    """(n, 3, 64, 64) in [-1, 1], each picture with casts of its own, the batch with one blur."""
    n = len(x)
    x = x * (1 + 0.3 * (torch.rand(n, 1, 1, 1) - 0.5)) + 0.3 * (torch.rand(n, 3, 1, 1) - 0.5)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * (0.7 + 0.6 * torch.rand(n, 1, 1, 1))
    fate = chance.random()
    if fate < 0.3:
        less = chance.choice((28, 32, 40, 48))
        small = F.interpolate(x, size=(less, less), mode="area")
        x = F.interpolate(small, size=x.shape[-2:], mode="bilinear")
    elif fate < 0.5:
        x = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    if chance.random() < 0.5:
        x = x + chance.uniform(0, 0.15) * torch.randn_like(x)
    if chance.random() < 0.4:
        side, left, top = chance.randint(6, 18), chance.randrange(46), chance.randrange(46)
        x = x.clone()
        x[:, :, top : top + side, left : left + side] = chance.uniform(-1, 1)
    return x


def _ground(kind: str, chance: random.Random) -> Image.Image:
    if kind == "painted":
        board = Board(chance.getrandbits(32), chance.choice(LIGHTS))
        PAINTERS[chance.choice(list(PAINTERS))](board)
        return board.finish(SIZE)
    colour = (255, 255, 255)
    if kind == "colour":
        colour = (chance.randint(150, 255), chance.randint(150, 255), chance.randint(150, 255))
    return Image.new("RGB", (SIZE, SIZE), colour)
