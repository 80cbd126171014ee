"""The before/after sheet shows exactly the pictures, and all of the text."""

import math

import numpy as np
import pytest
from PIL import Image

import unsee
from unsee.loading import Model
from unsee.pictures import sheet as sheets
from unsee.pictures.compare import compare, heading
from unsee.pictures.sheet import CELL, GAP, LABEL_WIDTH, MARGIN, PAPER, Column, magnify, sheet, wrap
from unsee.prompts import PromptSet
from unsee.sampling.draw import draw


def picture(seed: int, size: int = 64) -> Image.Image:
    """A picture of noise in which no pixel is paper-white."""
    noise = np.random.default_rng(seed).integers(0, 250, (size, size, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def cells(page: Image.Image, columns: int, rows: int, size: int) -> list[list[Image.Image]]:
    """Cut the cells out of a page whose labels are no taller than its cells."""
    left = MARGIN + LABEL_WIDTH + GAP
    top = page.height - MARGIN - rows * size - (rows - 1) * GAP
    return [
        [
            page.crop((x, y, x + size, y + size))
            for row in range(rows)
            for x, y in [(left + column * (size + GAP), top + row * (size + GAP))]
        ]
        for column in range(columns)
    ]


@pytest.mark.parametrize("size", [64, 96, 160, 512])
def test_the_cells_are_the_pictures_pixel_for_pixel(size: int):
    columns = [
        Column("original", [picture(0, size), picture(1, size)]),
        Column("erased", [picture(2, size)] * 2),
    ]
    factor = max(1, math.ceil(CELL / size))
    page = sheet(columns, ["first", "second"])
    for shown, given in zip(cells(page, 2, 2, size * factor), columns, strict=True):
        for cell, original in zip(shown, given.pictures, strict=True):
            pixels = np.asarray(cell).reshape(size, factor, size, factor, 3)
            assert (pixels == np.asarray(original)[:, None, :, None]).all()


def test_magnify_reaches_the_cell_size_and_no_more():
    assert magnify(picture(0, 64)).size == (192, 192)
    assert magnify(picture(0, CELL)).size == (CELL, CELL)
    assert magnify(picture(0, 768)).size == (768, 768)


def test_wrapped_lines_fit_and_lose_no_character():
    font = sheets.font()
    for text in ["cat", "a long prompt " * 9, "x" * 200, "a " + "y" * 90 + " b", "two\nlines"]:
        for width in [20, 160, 512]:
            lines = wrap(text, width)
            assert all(font.getlength(line) <= width for line in lines)
            assert "".join(lines).replace(" ", "") == "".join(text.split())
    assert wrap("", 100) == []


def test_a_label_taller_than_its_picture_makes_the_row_taller():
    pictures = [picture(0), picture(1)]
    short = sheet([Column("original", pictures)], ["cat", "dog"])
    tall = sheet([Column("original", pictures)], ["cat " * 200, "dog"])
    assert tall.width == short.width
    assert tall.height > short.height + 192


def test_labels_headings_and_title_are_written_in_their_places():
    pictures = [picture(0)]
    page = sheet([Column("original", pictures)], ["cat"], title="what was erased")
    bare = sheet([Column("", pictures)], [""])
    ink = np.asarray(page.convert("L")) < 128
    height = page.height - bare.height
    assert ink[MARGIN : MARGIN + 20, MARGIN:].any(), "title"
    assert ink[page.height - MARGIN - 192 :, MARGIN : MARGIN + LABEL_WIDTH].any(), "label"
    assert ink[MARGIN + 20 : MARGIN + height, MARGIN + LABEL_WIDTH + GAP :].any(), "heading"
    edge = np.asarray(page)[:, -MARGIN:]
    assert (edge == PAPER).all(), "nothing runs over the margin"


def test_every_column_needs_a_picture_for_every_label():
    with pytest.raises(ValueError, match="2 labels"):
        sheet([Column("original", [picture(0)])], ["cat", "dog"])


def test_a_comparison_draws_every_model_from_the_same_seeds(tiny: Model):
    quick = unsee.EraseConfig(method="full", lr=0.1, steps=2, sampler_steps=2)
    erased = unsee.erase(tiny, "cat", quick)
    rows = PromptSet.cross(["cat", "dog"], [0, 1])
    compared = compare(tiny, [(heading("cat", erased), erased)], rows, steps=2)

    original, after = compared.columns
    assert [column.heading for column in compared.columns] == [
        "original",
        "cat\n'cat' erased, esd-full, eta 1",
    ]
    assert list(original.pictures) == draw(tiny, rows.prompts, rows.seeds, steps=2)
    with erased.applied(tiny):
        assert list(after.pictures) == draw(tiny, rows.prompts, rows.seeds, steps=2)
    assert list(original.pictures) != list(after.pictures)


def test_a_comparison_reports_every_picture_once(tiny: Model):
    seen: list[tuple[int, int]] = []
    compare(
        tiny,
        [],
        PromptSet.cross(["cat"], range(5)),
        steps=1,
        batch_size=2,
        progress=lambda step: seen.append((step.done, step.total)),
    )
    assert seen == [(2, 5), (4, 5), (5, 5)]
