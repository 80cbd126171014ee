"""Painters of the stands: a shelf, a wall, a table, for things that are nowhere in particular.

`PAINTERS`  by the keys of `realms.STANDS`
"""

from __future__ import annotations

from unsee.emoji2.board import Board
from unsee.emoji2.town import BROWN, Painter


def _shelf(b: Board) -> None:
    b.fill(b.tone(0.2, 0.9))
    height = b.chance.uniform(0.76, 0.88)
    b.box(0, height, 1, height + 0.05, b.tone(0.55, 0.6, BROWN))
    b.box(0, height + 0.05, 1, height + 0.07, b.tone(0.2, 0.6))


def _wall(b: Board) -> None:
    b.fill(b.tone(0.05, 0.8))
    rows, brick = b.chance.choice((8, 10)), b.tone(0.5, 0.7, b.chance.choice((0.02, 0.06, 0.1)))
    for row in range(rows):
        for column in range(-1, 5):
            x = (column + row % 2 / 2) / 4.5
            b.box(x + 0.01, row / rows + 0.01, x + 0.21, (row + 1) / rows - 0.005, brick)


def _table(b: Board) -> None:
    b.fill(b.tone(0.15, 0.93))
    cloth, check = b.accent(0.5, 0.85), b.tone(0.05, 0.98)
    for row in range(4):
        for column in range(9):
            y = 0.68 + 0.08 * row
            colour = cloth if (row + column) % 2 else check
            b.box(column / 9, y, (column + 1) / 9, y + 0.081, colour)


PAINTERS: dict[str, Painter] = {"shelf": _shelf, "wall": _wall, "table": _table}
