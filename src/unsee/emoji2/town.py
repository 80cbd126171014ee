"""Painters of the town: eighteen places. Each draws on a `Board`.

`PAINTERS`  by the keys of `realms.TOWN`
"""

from __future__ import annotations

from collections.abc import Callable

from unsee.emoji2.board import Board

Painter = Callable[[Board], None]

GREEN, BLUE, BROWN, SAND = 0.32, 0.57, 0.07, 0.11


def _casino(b: Board) -> None:
    b.fill(b.tone(0.8, 0.6))
    gem, count = b.accent(0.7, 0.95), b.chance.choice((4, 5, 6))
    shift = b.chance.random() / count
    for row in range(count + 1):
        for column in range(count + 1):
            x, y, r = (column + row % 2 / 2) / count, row / count + shift, 0.3 / count
            b.shape((x, y - 1.3 * r), (x + r, y), (x, y + 1.3 * r), (x - r, y), colour=gem)


def _club(b: Board) -> None:
    b.fill(b.tone(0.7, 0.3))
    count = b.chance.randint(3, 6)
    for beam in range(count):
        x, lean = (beam + b.chance.random()) / count, b.chance.uniform(-0.35, 0.35)
        b.shape((x, 0), (x + lean - 0.1, 1), (x + lean + 0.12, 1), colour=b.accent(0.7, 1))
    b.fill(b.tone(0.6, 0.2), top=0.93)


def _bar(b: Board) -> None:
    b.fill(b.tone(0.5, 0.45))
    for shelf in (0.3, 0.6):
        x = 0.03
        while x < 0.95:
            high, wide = b.chance.uniform(0.1, 0.2), b.chance.uniform(0.04, 0.07)
            glass = b.accent(0.6, 0.85)
            b.box(x, shelf - high, x + wide, shelf, glass)
            b.box(x + wide * 0.3, shelf - high - 0.06, x + wide * 0.7, shelf - high, glass)
            x += wide + b.chance.uniform(0.03, 0.1)
        b.box(0, shelf, 1, shelf + 0.03, b.tone(0.6, 0.3, BROWN))
    b.fill(b.tone(0.65, 0.5, BROWN), top=b.chance.uniform(0.72, 0.8))


def _hotel(b: Board) -> None:
    b.fill(b.tone(0.35, 0.8))
    count, pane = b.chance.choice((3, 4)), b.tone(0.5, 0.95, 0.14)
    for row in range(count):
        for column in range(count):
            x, y = (column + 0.2) / count, (row + 0.15) / count
            open_ = b.light == "night" and b.chance.random() < 0.6
            b.box(x, y, x + 0.6 / count, y + 0.65 / count, b.tone(0.4, 0.4))
            b.box(x + 0.02, y + 0.02, x + 0.6 / count - 0.02, y + 0.65 / count - 0.02, pane, open_)


def _theatre(b: Board) -> None:
    b.fill(b.tone(0.3, 0.35))
    cloth, fold, width = b.tone(0.8, 0.75), b.tone(0.8, 0.5), b.chance.uniform(0.16, 0.27)
    b.fill(b.tone(0.5, 0.6, BROWN), top=0.82)
    for left in (0.0, 1 - width):
        b.box(left, 0, left + width, 0.86, cloth)
        for stripe in range(3):
            x = left + width * (stripe + 0.4) / 3
            b.box(x, 0, x + width / 9, 0.86, fold)
    for scallop in range(6):
        b.oval((scallop + 0.5) / 6, 0.02, 0.09, 0.13, cloth)


def _cinema(b: Board) -> None:
    b.fill(b.tone(0.5, 0.25))
    top, bottom = b.chance.uniform(0.06, 0.14), b.chance.uniform(0.6, 0.7)
    b.box(0.08, top, 0.92, bottom, b.tone(0.08, 0.93), lit=True)
    seat = b.tone(0.7, 0.55)
    for row in range(2):
        for column in range(-1, 7):
            x, y = (column + row * 0.5 + 0.25) / 6, 0.84 + 0.12 * row
            b.dot(x, y, 0.07, seat)
            b.box(x - 0.07, y, x + 0.07, 1, seat)


def _pool(b: Board) -> None:
    water, rope = b.tone(0.55, 0.9, 0.52), b.accent(0.7, 0.9)
    b.fill(water)
    lanes = b.chance.choice((3, 4, 5))
    for lane in range(1, lanes):
        for bead in range(12):
            colour = rope if bead % 2 else (250, 250, 250)
            b.box(bead / 12, lane / lanes - 0.012, (bead + 1) / 12, lane / lanes + 0.012, colour)
    edge = b.chance.uniform(0.06, 0.13)
    for tile in range(10):
        b.box(tile / 10, 0, (tile + 0.9) / 10, edge, b.tone(0.1, 0.92))


def _beach(b: Board) -> None:
    horizon, shore = b.chance.uniform(0.3, 0.42), b.chance.uniform(0.58, 0.7)
    b.sky(horizon)
    b.fill(b.tone(0.75, 0.75, BLUE), top=horizon, bottom=shore)
    b.fill(b.tone(0.38, 0.94, SAND), top=shore)
    b.oval(b.chance.random(), shore, 0.5, 0.05, b.tone(0.1, 0.97, BLUE))
    x, cloth = b.chance.uniform(0.1, 0.9), b.accent(0.7, 0.9)
    b.line(x, shore - 0.1, x, 0.95, (120, 90, 60), 0.02)
    b.shape((x - 0.18, shore - 0.02), (x, shore - 0.2), (x + 0.18, shore - 0.02), colour=cloth)


def _party(b: Board) -> None:
    b.fill(b.tone(0.25, b.chance.choice((0.2, 0.95))))
    for _ in range(45):
        b.dot(b.chance.random(), b.chance.random(), 0.025, b.accent(0.7, 1))
    for flag in range(8):
        x, y = flag / 8, 0.04 + 0.06 * (flag % 4 in (1, 2))
        b.shape((x, y), (x + 0.12, y), (x + 0.06, y + 0.16), colour=b.accent(0.8, 0.9))


def _ship(b: Board) -> None:
    rail = b.chance.uniform(0.52, 0.62)
    b.sky(0.4)
    b.fill(b.tone(0.75, 0.6, BLUE), top=0.4)
    for _ in range(8):
        x, y = b.chance.random(), b.chance.uniform(0.43, rail)
        b.line(x, y, x + 0.1, y, b.tone(0.2, 0.95, BLUE), 0.015)
    b.fill(b.tone(0.5, 0.75, BROWN), top=0.84)
    for post in range(7):
        b.line(post / 6, rail, post / 6, 0.86, (250, 250, 250), 0.025)
    for height in (rail, rail + 0.13):
        b.line(0, height, 1, height, (250, 250, 250), 0.035)
    x = b.chance.choice((0.15, 0.85))
    b.dot(x, rail + 0.08, 0.1, b.tone(0.8, 0.95, 0.13))
    b.dot(x, rail + 0.08, 0.05, (250, 250, 250))


def _show(b: Board) -> None:
    one, two, count = b.tone(0.6, 0.7), b.tone(0.6, 0.5), b.chance.randint(6, 10)
    for stripe in range(count):
        b.box(stripe / count, 0, (stripe + 1) / count, 1, one if stripe % 2 else two)
    x = b.chance.uniform(0.35, 0.65)
    b.shape((x, -0.1), (x - 0.38, 1), (x + 0.38, 1), colour=b.tone(0.25, 1, 0.14))
    desk = b.tone(0.5, 0.4, BROWN)
    b.box(0.0, 0.86, 1.0, 1, desk)


def _concert(b: Board) -> None:
    b.fill(b.tone(0.6, 0.3))
    for lamp in range(5):
        x, y = 0.1 + 0.2 * lamp, b.chance.uniform(0.6, 0.9)
        colour = b.accent(0.45, 1)
        b.shape((x - 0.03, 0.05), (x + 0.03, 0.05), (x + 0.14, y), (x - 0.14, y), colour=colour)
        b.box(x - 0.05, 0, x + 0.05, 0.07, (40, 40, 44))
    for left in (0.0, 0.8):
        b.box(left, 0.4, left + 0.2, 0.95, (44, 44, 50))
        for y in (0.54, 0.78):
            b.dot(left + 0.1, y, 0.075, (120, 120, 128))
    b.fill(b.tone(0.4, 0.5), top=0.92)


def _spa(b: Board) -> None:
    b.fill(b.tone(0.2, 0.9))
    for stalk in range(b.chance.randint(3, 5)):
        x, green = b.chance.random(), b.tone(0.55, 0.6, GREEN)
        b.line(x, 0, x, 0.7, green, 0.045)
        for joint in range(4):
            y = joint * 0.18 + stalk * 0.03
            b.line(x - 0.03, y, x + 0.03, y, b.tone(0.3, 0.85, GREEN), 0.015)
    b.fill(b.tone(0.4, 0.75, 0.5), top=0.74)
    for pile in (b.chance.uniform(0.05, 0.3), b.chance.uniform(0.7, 0.95)):
        for level, wide in enumerate((0.15, 0.11, 0.07)):
            b.oval(pile, 0.88 - 0.08 * level, wide, 0.05, b.tone(0.08, 0.45))


def _garden(b: Board) -> None:
    b.sky(0.4)
    b.fill(b.tone(0.6, 0.45, GREEN), top=0.3, bottom=0.6)
    for bush in range(7):
        b.dot(bush / 6, 0.32, 0.1, b.tone(0.6, 0.45, GREEN))
    b.fill(b.tone(0.5, 0.75, GREEN), top=0.6)
    for _ in range(16):
        x, y, petal = b.chance.random(), b.chance.uniform(0.6, 0.95), b.accent(0.6, 0.95)
        b.line(x, y, x, y + 0.1, b.tone(0.7, 0.4, GREEN), 0.012)
        b.dot(x, y, 0.04, petal)
        b.dot(x, y, 0.015, (250, 220, 90))


def _park(b: Board) -> None:
    ground = b.chance.uniform(0.55, 0.68)
    b.sky(ground)
    b.fill(b.tone(0.55, 0.7, GREEN), top=ground)
    x = b.chance.uniform(0.2, 0.8)
    b.shape((x, ground), (x - 0.3, 1), (x + 0.2, 1), colour=b.tone(0.3, 0.85, SAND))
    for tree in (b.chance.uniform(0, 0.25), b.chance.uniform(0.75, 1), b.chance.random()):
        high = b.chance.uniform(0.2, 0.4)
        b.line(tree, high, tree, ground + 0.08, (112, 76, 44), 0.05)
        b.oval(tree, high, 0.14, 0.18, b.tone(0.6, 0.55, GREEN))


def _school(b: Board) -> None:
    b.fill(b.tone(0.3, 0.85))
    bottom = b.chance.uniform(0.68, 0.78)
    b.box(0.06, 0.06, 0.94, bottom, (140, 96, 56))
    b.box(0.09, 0.09, 0.91, bottom - 0.03, b.chance.choice(((44, 92, 74), (50, 54, 60))))
    for row in range(4):
        y, end = 0.17 + 0.13 * row, b.chance.uniform(0.3, 0.85)
        b.line(0.14, y, end, y, (235, 240, 235), 0.022)
    for desk in (0.02, 0.36, 0.7):
        b.box(desk, 0.85, desk + 0.28, 1, b.tone(0.5, 0.7, BROWN))


def _snow(b: Board) -> None:
    b.sky()
    white = b.tone(0.04, 0.97, BLUE)
    b.oval(b.chance.uniform(0.1, 0.4), 1.1, 0.8, b.chance.uniform(0.4, 0.55), white)
    b.oval(
        b.chance.uniform(0.6, 0.9), 1.1, 0.6, b.chance.uniform(0.3, 0.5), b.tone(0.1, 0.92, BLUE)
    )
    x = b.chance.uniform(0.1, 0.9)
    for level in range(3):
        y, wide = 0.3 + 0.12 * level, 0.08 + 0.04 * level
        fir = b.tone(0.55, 0.45, 0.4)
        b.shape((x, y - 0.12), (x - wide, y + 0.08), (x + wide, y + 0.08), colour=fir)
    for _ in range(30):
        b.dot(b.chance.random(), b.chance.random(), 0.016, (255, 255, 255), lit=True)


def _market(b: Board) -> None:
    b.fill(b.tone(0.25, 0.85))
    cloth, count, deep = b.accent(0.75, 0.85), b.chance.choice((6, 8)), b.chance.uniform(0.2, 0.3)
    for stripe in range(count):
        colour = cloth if stripe % 2 else (250, 248, 240)
        b.box(stripe / count, 0, (stripe + 1) / count, deep, colour)
        b.oval((stripe + 0.5) / count, deep, 0.5 / count, 0.05, colour)
    b.fill(b.tone(0.55, 0.6, BROWN), top=0.7)
    for crate in range(3):
        fruit = b.accent(0.8, 0.9)
        for ball in range(5):
            b.dot(0.06 + crate / 3 + 0.05 * ball, 0.72 + 0.03 * (ball % 2), 0.04, fruit)
        b.box(0.02 + crate / 3, 0.77, 0.3 + crate / 3, 0.93, b.tone(0.5, 0.75, BROWN))


PAINTERS: dict[str, Painter] = {
    "casino": _casino,
    "club": _club,
    "bar": _bar,
    "hotel": _hotel,
    "theatre": _theatre,
    "cinema": _cinema,
    "pool": _pool,
    "beach": _beach,
    "party": _party,
    "ship": _ship,
    "show": _show,
    "concert": _concert,
    "spa": _spa,
    "garden": _garden,
    "park": _park,
    "school": _school,
    "snow": _snow,
    "market": _market,
}
