"""What stands on the page: curves, sheets, words; nothing that a visitor wrote is HTML."""

import base64
import io
import random
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from unsee.errors import OptionError, option
from unsee.pictures.sheet import Column
from unsee.ui import views
from unsee.ui.job import Snapshot, State
from unsee.ui.losses import HEIGHT, LEFT, MOST_POINTS, WIDTH, Losses, Point, curve
from unsee.ui.sheets import Sheet

EVIL = "<img src=x onerror=alert(1)>&'\""


def snapshot(state: State, **what: object) -> Snapshot:
    blank = Snapshot(
        "id", "'cat' from emoji", state, 0, False, "", 0, 0, (), None, None, 0, "", None
    )
    return replace(blank, **what)


def test_any_number_of_losses_is_kept_small_and_its_mean_is_kept() -> None:
    losses, drawn = Losses(), random.Random(0)
    values = [drawn.random() for _ in range(32 * MOST_POINTS)]
    for step, value in enumerate(values, start=1):
        losses.add(step, value)
    points = losses.points
    assert MOST_POINTS <= len(points) < 2 * MOST_POINTS
    assert [point.step for point in points] == sorted({point.step for point in points})
    mean = sum(point.loss for point in points) / len(points)
    assert mean == pytest.approx(sum(values) / len(values), abs=0.01)


def test_what_is_made_anew_replaces_what_was() -> None:
    losses = Losses()
    for step in range(1, 7):
        losses.add(step, 1.0)
    for step in range(4, 6):
        losses.add(step, 2.0)
    assert losses.points == tuple(Point(n, 1.0 if n < 4 else 2.0) for n in range(1, 6))


def test_a_curve_is_xml_and_inside_its_frame() -> None:
    losses = [Point(step, 10 ** random.Random(step).uniform(-4, 1)) for step in range(1, 100)]
    root = ET.fromstring(curve(losses, 500))
    (line,) = root.iter("polyline")
    places = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    assert all(LEFT <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    # The higher the loss, the higher the point.
    by_loss = sorted(zip((point.loss for point in losses), (-y for _, y in places), strict=True))
    assert [y for _, y in by_loss] == sorted(y for _, y in by_loss)
    assert "at step 99 of 500" in root.attrib["aria-label"]


@pytest.mark.parametrize("losses", [[0.5], [0.5, 0.5], [1e-9, 3.0], [0.0, 0.1], [0.101, 0.1013]])
def test_curves_of_few_or_odd_losses_are_drawn(losses: list[float]) -> None:
    points = [Point(step, loss) for step, loss in enumerate(losses, start=1)]
    root = ET.fromstring(curve(points, 2))
    assert next(root.iter("polyline")).attrib["points"]
    assert "nan" not in curve(points, 2)


def test_without_losses_there_is_no_curve() -> None:
    assert curve([], 10) == ""
    assert curve([Point(1, 0.0)], 10) == ""


def test_a_small_picture_is_shown_without_loss_and_in_words() -> None:
    picture = Image.effect_noise((8, 8), 90).convert("RGB")
    page = Sheet(["a cat"], [Column("original", [picture]), Column("erased", [picture])]).as_html
    assert page.count('alt="a cat, original"') == page.count('alt="a cat, erased"') == 1
    data = re.findall(r"data:image/webp;base64,([^\"]+)", page)
    shown = Image.open(io.BytesIO(base64.b64decode(data[0])))
    assert shown.width >= 160
    back = shown.convert("RGB").resize(picture.size, Image.Resampling.NEAREST)
    assert back.tobytes() == picture.tobytes()


def test_nothing_that_someone_wrote_is_html() -> None:
    picture = Image.new("RGB", (2, 2))
    for page in (
        views.progress(snapshot(State.RUNNING, title=EVIL, phase=EVIL)),
        views.progress(snapshot(State.FAILED, message=EVIL)),
        views.table([(EVIL, EVIL)]),
        views.complaint(OptionError(EVIL)),
        Sheet([EVIL], [Column(EVIL, [picture])]).as_html,
    ):
        # What an attribute or a text ends with is written as a character reference.
        tree = ET.fromstring(page)
        assert not [node for node in tree.iter() if "onerror" in node.attrib]
        assert EVIL in "".join(tree.itertext()) + " ".join(
            value for node in tree.iter() for value in node.attrib.values()
        )


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (snapshot(State.WAITING), "waiting: it is the next"),
        (snapshot(State.WAITING, before=1), "waiting: one erasure is before this one"),
        (snapshot(State.WAITING, before=3), "waiting: 3 erasures are before this one"),
        (snapshot(State.RUNNING), "starting"),
        (snapshot(State.RUNNING, phase="loading the model"), "loading the model"),
        (snapshot(State.RUNNING, stopping=True), "stopping after this step"),
        (
            snapshot(
                State.RUNNING, step=7, steps=9, losses=(Point(7, 0.12345),), seconds_left=100.0
            ),
            "step 7 of 9, loss 0.123, about 2 min left",
        ),
        (
            snapshot(State.STOPPED, step=7, steps=9),
            "stopped after step 7 of 9; its state is kept: go on, or drop it",
        ),
        (
            snapshot(State.DONE, steps=9, result=Path("/x/cat.safetensors")),
            "done after 9 steps: cat.safetensors",
        ),
        (
            snapshot(State.FAILED, message="lower sampler steps, or eta"),
            "failed: lower sampler steps, or eta",
        ),
    ],
)
def test_every_state_has_its_words(job: Snapshot, words: str) -> None:
    assert views.in_words(job) == words


def test_the_page_calls_options_by_its_own_words() -> None:
    error = OptionError(f"{option('preserve_weight')} weighs --preserve, preserve_weight")
    told = "preserve weight weighs --preserve, preserve_weight"
    assert views.one_line(error) == told
    assert told in views.complaint(error)


def test_an_error_is_one_line_and_none_is_nothing() -> None:
    assert "two lines" in views.complaint(OptionError("two\nlines"))
    assert 'role="alert"' in views.complaint(OptionError("two\nlines"))
    assert views.complaint(None) == ""
