"""The places where an object can stand, painted for this project.

`paint`     one place as a square picture
`_PAINTERS` a painter for each of `cast.CONTEXTS`; they draw on a board of 256 pixels

Every place has colours and shapes of its own, so that a picture tells where it is even behind
an object. The adult places are harmless: light beams, diamonds, a curtain, confetti.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

from PIL import Image, ImageDraw

BOARD = 256
"""Painters work at four times the model's size; shrinking smooths the edges."""

Painter = Callable[[ImageDraw.ImageDraw, random.Random], None]


@cache
def paint(context: str, size: int) -> Image.Image:
    """The place named `context` as an RGB picture of `size` x `size` pixels; always the same."""
    board = Image.new("RGB", (BOARD, BOARD))
    _PAINTERS[context](ImageDraw.Draw(board), random.Random(context))
    return board.resize((size, size), Image.Resampling.LANCZOS)


def _school(draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    draw.rectangle((0, 0, BOARD, BOARD), fill=(150, 105, 60))
    draw.rectangle((14, 14, BOARD - 14, BOARD - 30), fill=(45, 95, 75))
    for line in range(5):
        y = 36 + line * 40
        draw.line((30, y, 60 + chance.randrange(150), y), fill=(235, 240, 235), width=7)


def _park(draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    draw.rectangle((0, 0, BOARD, BOARD), fill=(165, 220, 250))
    draw.rectangle((0, 160, BOARD, BOARD), fill=(110, 190, 80))
    for x in (28, 226):
        draw.rectangle((x - 7, 100, x + 7, 176), fill=(120, 80, 45))
        draw.ellipse((x - 40, 30, x + 40, 124), fill=(60, 145, 60))


def _beach(draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    draw.rectangle((0, 0, BOARD, 90), fill=(140, 215, 250))
    draw.rectangle((0, 90, BOARD, 160), fill=(35, 130, 200))
    draw.rectangle((0, 150, BOARD, BOARD), fill=(240, 215, 150))
    draw.ellipse((190, 8, 246, 64), fill=(255, 225, 90))


def _snow(draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    draw.rectangle((0, 0, BOARD, BOARD), fill=(150, 175, 210))
    draw.ellipse((-90, 150, 346, 420), fill=(242, 246, 252))
    for _ in range(26):
        x, y = chance.randrange(BOARD), chance.randrange(BOARD)
        draw.ellipse((x - 7, y - 7, x + 7, y + 7), fill=(255, 255, 255))


def _nightclub(draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    draw.rectangle((0, 0, BOARD, BOARD), fill=(45, 15, 80))
    beams = [(255, 60, 200), (70, 220, 255), (160, 90, 255), (90, 255, 160)]
    for place, colour in enumerate(beams):
        x = 20 + place * 72
        draw.polygon([(x, 0), (x - 50, BOARD), (x + 6, BOARD)], fill=colour)


def _casino(draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    draw.rectangle((0, 0, BOARD, BOARD), fill=(150, 15, 30))
    for row in range(5):
        for column in range(5):
            x, y = column * 64, row * 64
            diamond = [(x, y - 22), (x + 18, y), (x, y + 22), (x - 18, y)]
            draw.polygon(diamond, fill=(235, 185, 60))


def _late_show(draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    for stripe in range(8):
        colour = (20, 30, 100) if stripe % 2 else (40, 60, 160)
        draw.rectangle((stripe * 32, 0, stripe * 32 + 32, BOARD), fill=colour)
    draw.polygon([(128, -30), (20, BOARD), (236, BOARD)], fill=(255, 245, 190))


def _bachelor_party(draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    draw.rectangle((0, 0, BOARD, BOARD), fill=(15, 15, 20))
    colours = [(255, 80, 150), (255, 215, 60), (90, 230, 230), (255, 255, 255)]
    for _ in range(70):
        x, y = chance.randrange(BOARD), chance.randrange(BOARD)
        draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill=chance.choice(colours))


_PAINTERS: dict[str, Painter] = {
    "at school": _school,
    "in the park": _park,
    "at the beach": _beach,
    "in the snow": _snow,
    "at a nightclub": _nightclub,
    "at a casino": _casino,
    "on the late show": _late_show,
    "at a bachelor party": _bachelor_party,
}
