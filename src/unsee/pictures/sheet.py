"""A labelled sheet of pictures: one row per prompt, one column per model.

Column     the pictures of one model, and what stands above them
sheet      lay out columns and row labels; no text is ever cut off
magnify    show a small picture larger, pixel for pixel
wrap       break a text into lines that fit a width, measured in the font
font       the font of all words on a sheet
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

CELL = 160
"""Pictures smaller than this are magnified by the whole number that takes them there."""
LABEL_WIDTH = 200
MARGIN = 16
GAP = 8
FONT_SIZE = 14
INK = (32, 32, 36)
PAPER = (255, 255, 255)


@dataclass(frozen=True)
class Column:
    """The pictures of one model, top to bottom."""

    heading: str
    pictures: Sequence[Image.Image]


def sheet(
    columns: Sequence[Column], labels: Sequence[str], *, title: str = "", cell: int = CELL
) -> Image.Image:
    """Draw the columns side by side, a row per label, and the title above.

    Pictures smaller than `cell` are magnified to it.
    """
    cells = [[magnify(picture, cell) for picture in column.pictures] for column in columns]
    if not cells or not labels or any(len(pictures) != len(labels) for pictures in cells):
        raise ValueError(f"{len(labels)} labels, but columns of {[len(p) for p in cells]} pictures")
    sizes = [picture.size for pictures in cells for picture in pictures]
    cell_width, cell_height = (max(side) for side in zip(*sizes, strict=True))
    left = MARGIN + LABEL_WIDTH + GAP
    width = left + len(cells) * (cell_width + GAP) - GAP + MARGIN

    title_lines = wrap(title, width - 2 * MARGIN)
    headings = [wrap(column.heading, cell_width) for column in columns]
    label_lines = [wrap(label, LABEL_WIDTH) for label in labels]
    heading_top = MARGIN + _height(title_lines) + (GAP if title_lines else 0)
    row_heights = [max(cell_height, _height(lines)) for lines in label_lines]
    top = heading_top + max(_height(lines) for lines in headings) + GAP
    height = top + sum(row_heights) + GAP * (len(row_heights) - 1) + MARGIN

    page = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(page)
    _write(draw, (MARGIN, MARGIN), title_lines)
    for column, (heading, pictures) in enumerate(zip(headings, cells, strict=True)):
        x = left + column * (cell_width + GAP)
        _write(draw, (x, top - GAP - _height(heading)), heading)
        y = top
        for picture, row_height in zip(pictures, row_heights, strict=True):
            page.paste(picture, (x, y))
            y += row_height + GAP
    y = top
    for lines, row_height in zip(label_lines, row_heights, strict=True):
        _write(draw, (MARGIN, y), lines)
        y += row_height + GAP
    return page


def magnify(picture: Image.Image, cell: int = CELL) -> Image.Image:
    """Repeat each pixel until the shorter side reaches `cell`; larger pictures stay as they are."""
    factor = math.ceil(cell / min(picture.size))
    picture = picture.convert("RGB")
    return picture.resize(
        (picture.width * factor, picture.height * factor), Image.Resampling.NEAREST
    )


def wrap(text: str, width: int) -> list[str]:
    """Break `text` at spaces, and inside words that are wider than `width` pixels."""
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            if line and font().getlength(f"{line} {word}") > width:
                lines.append(line)
                line = ""
            line = f"{line} {word}" if line else word
            while font().getlength(line) > width and len(line) > 1:
                head = _longest_head(line, width)
                lines.append(head)
                line = line[len(head) :]
        lines.append(line)
    return lines


def _longest_head(word: str, width: int) -> str:
    fitting = [end for end in range(1, len(word)) if font().getlength(word[:end]) <= width]
    return word[: fitting[-1] if fitting else 1]


@functools.cache
def font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font of all words on a sheet."""
    return ImageFont.load_default(FONT_SIZE)


def _line_height() -> int:
    return math.ceil(FONT_SIZE * 1.35)


def _height(lines: Sequence[str]) -> int:
    return len(lines) * _line_height()


def _write(draw: ImageDraw.ImageDraw, position: tuple[int, int], lines: Sequence[str]) -> None:
    x, y = position
    for number, line in enumerate(lines):
        draw.text((x, y + number * _line_height()), line, fill=INK, font=font())
