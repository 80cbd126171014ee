"""What commands say while they work and when they are done.

say       a line on stdout, never wrapped, so that paths and commands can be copied
plugin_warnings  plug-ins that are left out, a line each on stderr
erasing   a bar on stderr for the steps of an erasure: the time left and the loss
drawing   a bar on stderr for pictures
measuring a bar on stderr for the rows of a table

Where stderr is no terminal, such as in a log, a line now and then stands for the bar.
"""

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from unsee.running.registry import PluginWarning

if TYPE_CHECKING:
    from unsee.erasing.erase import EraseStep
    from unsee.sampling.trajectory import GenerateStep


def say(line: str = "") -> None:
    """Print a line as it is: no markup, no colours, no wrapping."""
    Console(markup=False, highlight=False, soft_wrap=True).print(line)


@contextmanager
def plugin_warnings() -> Iterator[None]:
    """Print a line on stderr for each plug-in that is left out; other warnings go their way."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", PluginWarning)
        before = warnings.showwarning

        def show(message: Any, category: type[Warning], *rest: Any, **more: Any) -> None:
            if issubclass(category, PluginWarning):
                sys.stderr.write(f"unsee: {message}\n")
            else:
                before(message, category, *rest, **more)

        warnings.showwarning = show
        yield


@contextmanager
def erasing(phrase: str) -> Iterator[Callable[["EraseStep"], None]]:
    """Show a bar; yield the progress callback that `unsee.erase` takes."""
    with _bar(f"erasing {phrase!r}") as move:
        yield lambda done: move(done.step, done.steps, f"loss {done.loss:.4f}")


@contextmanager
def drawing() -> Iterator[Callable[["GenerateStep"], None]]:
    """Show a bar; yield the progress callback that `unsee.generate` takes."""
    with _bar("drawing") as move:
        yield lambda done: move(done.done, done.total, "")


@contextmanager
def measuring() -> Iterator[Callable[[float, int, str], None]]:
    """Show a bar; yield what takes rows done, rows in all and what is being done."""
    with _bar("measuring") as move:
        yield move


EVERY = 30.0
"""Seconds between two lines of a log."""


@contextmanager
def _bar(what: str) -> Iterator[Callable[[float, int, str], None]]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(console, what)
        return
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(what, total=None, note="")
        yield lambda done, total, note: bars.update(task, completed=done, total=total, note=note)


def _lines(console: Console, what: str) -> Callable[[float, int, str], None]:
    """Write how far it is, at most once in EVERY seconds."""
    told = time.monotonic()

    def move(done: float, total: int, note: str) -> None:
        nonlocal told
        if time.monotonic() - told >= EVERY:
            told = time.monotonic()
            line = f"{note or what}: {done:g} of {total}"
            console.print(line, markup=False, soft_wrap=True)

    return move
