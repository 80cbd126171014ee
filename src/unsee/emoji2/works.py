"""Painters of the works: ten places where things are made, moved or mined.

`PAINTERS`  by the keys of `realms.WORKS`
"""

from __future__ import annotations

from unsee.emoji2.board import Board
from unsee.emoji2.town import Painter

STEEL = (132, 138, 146)
DARK = (58, 60, 66)


def _factory(b: Board) -> None:
    b.sky(0.7)
    hall, teeth = b.tone(0.4, 0.6), b.chance.choice((3, 4))
    for tooth in range(teeth):
        x = tooth / teeth
        b.shape((x, 0.34), (x, 0.6), (x + 1 / teeth, 0.6), colour=hall)
    b.fill(hall, top=0.58, bottom=0.9)
    for chimney in (b.chance.uniform(0.1, 0.4), b.chance.uniform(0.6, 0.9)):
        b.box(chimney - 0.04, 0.1, chimney + 0.04, 0.6, b.tone(0.5, 0.5, 0.03))
        for puff in range(3):
            b.dot(chimney + 0.05 * puff, 0.09 - 0.03 * puff, 0.05, (205, 205, 208))
    for window in range(6):
        b.box(window / 6 + 0.04, 0.66, window / 6 + 0.12, 0.78, b.tone(0.4, 0.95, 0.14))
    b.fill(b.tone(0.1, 0.5), top=0.9)


def _mine(b: Board) -> None:
    b.fill(b.tone(0.3, 0.4))
    for _ in range(22):
        rock = b.tone(0.25, b.chance.uniform(0.3, 0.5))
        b.dot(b.chance.random(), b.chance.random(), b.chance.uniform(0.04, 0.1), rock)
    wide = b.chance.uniform(0.3, 0.4)
    b.oval(0.5, 0.5, wide, 0.42, (22, 20, 24))
    b.box(0.5 - wide, 0.5, 0.5 + wide, 1, (22, 20, 24))
    beam = b.tone(0.55, 0.6, 0.08)
    for x in (0.5 - wide, 0.5 + wide):
        b.line(x, 0.2, x, 1, beam, 0.07)
    b.line(0.5 - wide - 0.06, 0.17, 0.5 + wide + 0.06, 0.17, beam, 0.08)
    for x in (0.42, 0.58):
        b.line(0.5, 0.6, 0.5 + (x - 0.5) * 4, 1, STEEL, 0.02)


def _laboratory(b: Board) -> None:
    b.fill(b.tone(0.08, 0.95))
    for line in range(1, 6):
        b.line(line / 6, 0, line / 6, 0.8, b.tone(0.1, 0.85), 0.012)
        b.line(0, line / 6, 1, line / 6, b.tone(0.1, 0.85), 0.012)
    b.fill(b.tone(0.1, 0.7), top=0.82)
    for flask in range(4):
        x, juice = 0.12 + 0.25 * flask, b.accent(0.7, 0.9)
        b.box(x - 0.025, 0.5, x + 0.025, 0.7, (225, 232, 236))
        b.shape((x, 0.6), (x - 0.1, 0.82), (x + 0.1, 0.82), colour=juice)


def _refinery(b: Board) -> None:
    b.sky(0.9)
    b.fill(b.tone(0.15, 0.55), top=0.85)
    for tower in range(3):
        x, top = 0.12 + 0.36 * tower, b.chance.uniform(0.1, 0.4)
        b.box(x - 0.08, top, x + 0.08, 0.87, b.tone(0.1, 0.8))
        b.oval(x, top, 0.08, 0.05, b.tone(0.1, 0.9))
        for ring in range(4):
            y = top + (0.87 - top) * (ring + 0.7) / 4.5
            b.line(x - 0.08, y, x + 0.08, y, b.tone(0.5, 0.6), 0.015)
    for _ in range(4):
        y = b.chance.uniform(0.45, 0.85)
        b.line(0, y, 1, y, b.accent(0.6, 0.8), 0.03)


def _power_plant(b: Board) -> None:
    b.sky(0.9)
    b.fill(b.tone(0.4, 0.6, 0.3), top=0.88)
    for x in (b.chance.uniform(0.15, 0.3), b.chance.uniform(0.65, 0.85)):
        concrete, top = b.tone(0.06, 0.82), b.chance.uniform(0.3, 0.42)
        b.shape(
            (x - 0.13, top), (x + 0.13, top), (x + 0.1, 0.6), (x + 0.2, 0.9), (x - 0.2, 0.9),
            (x - 0.1, 0.6), colour=concrete,
        )  # fmt: skip
        for puff in range(3):
            b.oval(x + 0.05 * puff, top - 0.06 - 0.07 * puff, 0.13, 0.08, (238, 238, 240))
    b.line(0.48, 0.5, 0.48, 0.9, DARK, 0.02)
    for y in (0.52, 0.6):
        b.line(0.36, y, 0.6, y, DARK, 0.02)


def _docks(b: Board) -> None:
    b.sky(0.9)
    b.fill(b.tone(0.6, 0.55, 0.57), top=0.82)
    for row in range(3):
        for column in range(4):
            y, steel = 0.82 - 0.13 * (row + 1), b.accent(0.7, 0.75)
            if b.chance.random() < 0.85:
                b.box(column / 4 + 0.005, y + 0.005, (column + 1) / 4 - 0.005, y + 0.125, steel)
                for rib in range(1, 5):
                    x = (column + rib / 5) / 4
                    b.line(x, y + 0.02, x, y + 0.11, b.tone(0.2, 0.3), 0.006)
    x, crane = b.chance.uniform(0.2, 0.8), b.tone(0.8, 0.85, 0.12)
    b.line(x, 0.08, x, 0.82, crane, 0.035)
    b.line(x - 0.3, 0.1, x + 0.3, 0.1, crane, 0.03)


def _workshop(b: Board) -> None:
    b.fill(b.tone(0.4, 0.75, 0.09))
    for row in range(9):
        for column in range(12):
            b.dot((column + 0.5) / 12, (row + 0.5) / 12, 0.008, (90, 64, 40))
    for tool in range(5):
        x, grip = 0.1 + 0.2 * tool, b.accent(0.8, 0.8)
        y = b.chance.uniform(0.08, 0.3)
        b.line(x, y, x, y + 0.16, STEEL, 0.03)
        b.line(x, y + 0.16, x, y + 0.3, grip, 0.05)
        if tool % 2:
            b.box(x - 0.06, y - 0.02, x + 0.06, y + 0.04, DARK)
    b.fill(b.tone(0.5, 0.5, 0.07), top=0.78)
    b.box(0, 0.78, 1, 0.82, b.tone(0.45, 0.7, 0.09))


def _building_site(b: Board) -> None:
    b.sky()
    b.fill(b.tone(0.45, 0.65, 0.09), top=0.86)
    steel, board = b.tone(0.15, 0.55), b.tone(0.5, 0.8, 0.1)
    columns = b.chance.choice((3, 4))
    b.box(0.05, 0.3, 0.95, 0.86, b.tone(0.3, 0.75))
    for pole in range(columns + 1):
        x = 0.05 + 0.9 * pole / columns
        b.line(x, 0.1, x, 0.88, steel, 0.022)
    for floor in (0.28, 0.48, 0.68):
        b.line(0, floor, 1, floor, board, 0.035)
        for bay in range(columns):
            x = 0.05 + 0.9 * bay / columns
            b.line(x, floor, x + 0.9 / columns, floor + 0.2, steel, 0.01)


def _railway(b: Board) -> None:
    horizon = b.chance.uniform(0.35, 0.48)
    b.sky(horizon)
    b.fill(b.tone(0.2, 0.55, 0.08), top=horizon)
    centre, sleeper = b.chance.uniform(0.35, 0.65), b.tone(0.5, 0.35, 0.07)
    for tie in range(9):
        depth = (tie / 8) ** 1.8
        y, wide = horizon + 0.03 + depth * (0.95 - horizon), 0.06 + 0.42 * depth
        b.line(centre - wide, y, centre + wide, y, sleeper, 0.012 + 0.035 * depth)
    for end in (-0.36, 0.36):
        b.line(centre, horizon, centre + end, 1, (190, 194, 200), 0.025)
    x = b.chance.choice((0.1, 0.9))
    b.line(x, horizon - 0.25, x, horizon + 0.1, DARK, 0.025)
    for lamp, hue in ((-0.24, 0.0), (-0.17, 0.33)):
        b.dot(x, horizon + lamp, 0.03, b.tone(0.9, 0.9, hue), lit=True)


def _mill(b: Board) -> None:
    b.fill(b.tone(0.25, 0.28))
    for girder in range(4):
        x = girder / 3.5
        b.line(x, 0, x, 1, b.tone(0.1, 0.4), 0.04)
        b.line(x, 0, x + 0.28, 0.4, b.tone(0.1, 0.4), 0.02)
    pour = b.chance.uniform(0.2, 0.8)
    glow = b.tone(0.85, 1, 0.07)
    b.shape(
        (pour - 0.2, 0.1), (pour + 0.2, 0.1), (pour + 0.13, 0.38), (pour - 0.13, 0.38), colour=DARK
    )
    b.box(pour - 0.03, 0.3, pour + 0.03, 0.86, glow, lit=True)
    b.box(0, 0.84, 1, 0.93, glow, lit=True)
    for _ in range(16):
        spark = (pour + b.chance.gauss(0, 0.15), b.chance.uniform(0.4, 0.85))
        b.dot(*spark, 0.012, (255, 226, 120), lit=True)


PAINTERS: dict[str, Painter] = {
    "factory": _factory,
    "mine": _mine,
    "laboratory": _laboratory,
    "refinery": _refinery,
    "power plant": _power_plant,
    "docks": _docks,
    "workshop": _workshop,
    "building site": _building_site,
    "railway": _railway,
    "mill": _mill,
}
