"""What a place is painted on: one scene's palette, layout and light.

`Board`   a square to draw on, with the colours and the chances of one look
`LIGHTS`  how day, dusk and night tint what is painted

A painter draws as if by day; the board shades each colour. Two looks of one place share its
structure and nothing else.
"""

from __future__ import annotations

import colorsys
import random

from PIL import Image, ImageDraw

SIDE = 256
"""Painters work at twice the size of the model's pictures; shrinking smooths the edges."""

Colour = tuple[int, int, int]

LIGHTS = {"day": (1.0, 1.0, 1.0), "dusk": (1.0, 0.80, 0.66), "night": (0.42, 0.46, 0.68)}

SKIES = {
    "day": ((128, 196, 250), (176, 222, 250), (206, 232, 240)),
    "dusk": ((250, 150, 90), (240, 120, 120), (200, 120, 170)),
    "night": ((14, 18, 54), (26, 16, 60), (10, 30, 58)),
}


class Board:
    """A square of `SIDE` pixels, and helpers that draw in the light and palette of one look."""

    def __init__(self, look: int, light: str) -> None:
        self.chance = random.Random(look)
        self.light = light
        self.image = Image.new("RGB", (SIDE, SIDE))
        self._draw = ImageDraw.Draw(self.image)
        self._hue = self.chance.random()

    def tone(self, saturation: float, value: float, hue: float | None = None) -> Colour:
        """A colour of the palette: near the look's hue, or near `hue` where a thing has one."""
        middle = self._hue if hue is None else hue
        hue = (middle + self.chance.gauss(0, 0.03)) % 1
        r, g, b = colorsys.hsv_to_rgb(
            hue,
            min(max(saturation + self.chance.uniform(-0.08, 0.08), 0), 1),
            min(max(value + self.chance.uniform(-0.06, 0.06), 0), 1),
        )
        return round(255 * r), round(255 * g), round(255 * b)

    def accent(self, saturation: float = 0.6, value: float = 0.9) -> Colour:
        """A colour from anywhere on the wheel."""
        return self.tone(saturation, value, self.chance.random())

    def fill(self, colour: Colour, top: float = 0, bottom: float = 1) -> None:
        """The whole width, from one height to another; heights and places are parts of the side."""
        self.box(0, top, 1, bottom, colour)

    def sky(self, bottom: float = 1) -> None:
        """The open sky of the light, with its sun or moon and stars."""
        self._draw.rectangle(
            (0, 0, SIDE, bottom * SIDE), fill=self.chance.choice(SKIES[self.light])
        )
        x, y = self.chance.uniform(0.1, 0.9), self.chance.uniform(0.05, 0.5) * bottom
        if self.light == "night":
            for _ in range(14):
                star = (self.chance.random(), self.chance.random() * bottom)
                self.dot(*star, 0.008, (255, 255, 255), lit=True)
            self.dot(x, y, 0.05, (245, 240, 205), lit=True)
        else:
            warm = (255, 226, 96) if self.light == "day" else (255, 206, 120)
            self.dot(x, y, 0.07, warm, lit=True)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        colour: Colour,
        lit: bool = False,
    ) -> None:
        """A rectangle; `lit` things shine and are not shaded."""
        if right <= left or bottom <= top:
            return
        corners = (left * SIDE, top * SIDE, right * SIDE, bottom * SIDE)
        self._draw.rectangle(corners, fill=colour if lit else self.shade(colour))

    def dot(self, x: float, y: float, radius: float, colour: Colour, lit: bool = False) -> None:
        """A disc."""
        self.oval(x, y, radius, radius, colour, lit)

    def oval(
        self, x: float, y: float, across: float, down: float, colour: Colour, lit: bool = False
    ) -> None:
        """An ellipse by its half axes."""
        corners = (
            (x - across) * SIDE, (y - down) * SIDE, (x + across) * SIDE, (y + down) * SIDE,
        )  # fmt: skip
        self._draw.ellipse(corners, fill=colour if lit else self.shade(colour))

    def shape(self, *points: tuple[float, float], colour: Colour, lit: bool = False) -> None:
        """A polygon."""
        scaled = [(x * SIDE, y * SIDE) for x, y in points]
        self._draw.polygon(scaled, fill=colour if lit else self.shade(colour))

    def line(
        self, x: float, y: float, to_x: float, to_y: float, colour: Colour, width: float = 0.03
    ) -> None:
        """A straight stroke."""
        ends = (x * SIDE, y * SIDE, to_x * SIDE, to_y * SIDE)
        self._draw.line(ends, fill=self.shade(colour), width=max(round(width * SIDE), 1))

    def shade(self, colour: Colour) -> Colour:
        """The colour in this look's light."""
        r, g, b = (
            round(part * tint) for part, tint in zip(colour, LIGHTS[self.light], strict=True)
        )
        return r, g, b

    def finish(self, size: int) -> Image.Image:
        """The painting at `size` pixels."""
        if SIDE % size == 0:
            return self.image.reduce(SIDE // size)
        return self.image.resize((size, size), Image.Resampling.LANCZOS)
