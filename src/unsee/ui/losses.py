"""The losses of an erasure: thinned as they come, drawn as a curve.

Point    the mean loss of some steps in a row
Losses   takes the loss of every step, keeps a few hundred points
curve    points -> a drawing, as SVG
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

MOST_POINTS = 256
"""At twice as many, each two neighbours become one."""
WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 96, 14, 16, 56


@dataclass(frozen=True)
class Point:
    """The mean loss of some steps in a row."""

    step: int
    """The last of them, numbered from 1."""
    loss: float


class Losses:
    """Takes the loss of every step; however many, it stays small."""

    def __init__(self) -> None:
        self._points: list[Point] = []
        self._each = 1
        self._open: list[float] = []

    def add(self, step: int, loss: float) -> None:
        """Take the loss of a step; one that was seen before is made anew, and all after it."""
        if self._points and step <= self._points[-1].step:
            self._points = [point for point in self._points if point.step < step]
            self._open = []
        self._open.append(loss)
        if len(self._open) >= self._each:
            self._points.append(Point(step, math.fsum(self._open) / len(self._open)))
            self._open = []
        if len(self._points) >= 2 * MOST_POINTS:
            pairs = zip(self._points[::2], self._points[1::2], strict=True)
            self._points = [Point(two.step, (one.loss + two.loss) / 2) for one, two in pairs]
            self._each *= 2

    @property
    def points(self) -> tuple[Point, ...]:
        """The points so far, in order."""
        return tuple(self._points)


def curve(points: Sequence[Point], steps: int) -> str:
    """Draw losses over `steps` steps, on a logarithmic axis; nothing where there are no points."""
    # A loss of exactly 0 has no logarithm.
    positive = [point for point in points if point.loss > 0]
    if not positive:
        return ""
    lowest, highest = (bound(point.loss for point in positive) for bound in (min, max))
    bottom, top = math.log10(lowest), math.log10(highest)
    room = max(0.05 * (top - bottom), 0.02)
    bottom, top = bottom - room, top + room

    def x(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / max(steps, 1)

    def y(loss: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (top - math.log10(loss)) / (top - bottom)

    marks = []
    for loss in _ticks(10**bottom, 10**top):
        marks.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" {_level(y(loss))}/>')
        marks.append(
            f'<text x="{LEFT - 8}" y="{y(loss) + 5:.1f}" text-anchor="end">{loss:g}</text>'
        )
    for step in sorted({0, steps // 2, steps}):
        marks.append(
            f'<text x="{x(step):.1f}" y="{HEIGHT - 32}" text-anchor="{_anchor(step, steps)}">'
            f"{step}</text>"
        )
    line = " ".join(f"{x(point.step):.1f},{y(point.loss):.1f}" for point in positive)
    last = positive[-1]
    description = html.escape(
        f"loss by step: {positive[0].loss:.3g} at step {positive[0].step}, "
        f"{last.loss:.3g} at step {last.step} of {steps}"
    )
    return (
        f'<svg class="losses" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{description}">'
        f'{"".join(marks)}<polyline points="{line}"/>'
        f'<circle cx="{x(last.step):.1f}" cy="{y(last.loss):.1f}" r="4"/>'
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">step</text>'
        f'<text transform="translate(20 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" '
        'text-anchor="middle">loss</text></svg>'
    )


def _ticks(lowest: float, highest: float) -> list[float]:
    """Round numbers between the two: as few as make an axis, two at the least where there are."""
    for parts in ((1,), (1, 3), (1, 2, 5), range(1, 10), [n / 10 for n in range(10, 100)]):
        first = math.floor(math.log10(lowest))
        ticks = [
            part * 10.0**power
            for power in range(first, math.ceil(math.log10(highest)) + 1)
            for part in parts
            if lowest <= part * 10.0**power <= highest
        ]
        if len(ticks) >= 2:
            return ticks[:: max(1, math.ceil(len(ticks) / 6))]
    return ticks


def _level(y: float) -> str:
    return f'y1="{y:.1f}" y2="{y:.1f}"'


def _anchor(step: int, steps: int) -> str:
    return "start" if step == 0 else "end" if step == steps else "middle"
