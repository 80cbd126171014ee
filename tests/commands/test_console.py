"""What commands show of long work: a bar at a terminal, a line now and then in a log."""

import contextlib
import os
import pty
import sys
from typing import TextIO

import pytest

from unsee.commands import console
from unsee.running.progress import Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that it is, to be changed."""
    now = [1000.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    return now


def test_a_log_has_a_line_now_and_then_with_the_time_left(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with console.erasing("cat") as watch:
        for step in range(1, 121):
            clock[0] += 1.0
            watch(Progress(done=step, total=400, values={"loss": 1 / step}, seconds=step))
    shown = capsys.readouterr()
    assert not shown.out
    assert shown.err.splitlines() == [
        "erasing cat: 30 of 400, loss 0.0333, 6.2 min left",
        "erasing cat: 60 of 400, loss 0.0167, 5.7 min left",
        "erasing cat: 90 of 400, loss 0.0111, 5.2 min left",
        "erasing cat: 120 of 400, loss 0.0083, 4.7 min left",
    ]


def test_work_that_names_itself_is_called_so(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with console.watching("measuring") as watch:
        clock[0] += 60
        watch(Progress(done=1.5, total=8, what="drawing without [cat]"))
    assert capsys.readouterr().err == "drawing without [cat]: 1.5 of 8\n"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "1 s"),
        (119, "119 s"),
        (120, "2.0 min"),
        (1500, "25 min"),
        (9e3, "2.5 h"),
        (5e5, "139 h"),
    ],
)
def test_an_estimate_has_no_more_digits_than_it_deserves(
    clock: list[float], capsys: pytest.CaptureFixture[str], seconds: float, said: str
) -> None:
    with console.drawing() as watch:
        clock[0] += 60
        watch(Progress(done=1, total=2, seconds=seconds))
    assert capsys.readouterr().err == f"drawing: 1 of 2, {said} left\n"


def test_a_terminal_has_a_bar_with_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    terminal: TextIO
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with console.watching() as watch:
            watch(Progress(done=3, total=12, what="vae", values={"pixels": 0.5}, seconds=6))
    shown = ""
    # Reading fails once the other end is closed and all is read.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 1 << 16):
            shown += part.decode(errors="replace")
    os.close(ours)
    for words in ("vae", "3/12", "pixels 0.5000, 18 s left"):
        assert words in shown
