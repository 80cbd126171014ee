"""What commands say while they work and when they are done.

say              a line on stdout, never wrapped, so that paths and commands can be copied
note             a line on stderr
flag             an option as it stands on a command line
plugin_warnings  plug-ins that are left out, a line each on stderr
watching         a bar on stderr: what is done, how much of it, the time left and what was measured
erasing          such a bar for an erasure
drawing          and one for pictures

Where stderr is no terminal, such as in a log, a line now and then stands for the bar.
"""

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars

from unsee.running.progress import Progress, Watch
from unsee.running.registry import PluginWarning

EVERY = 30.0
"""Seconds between two lines of a log."""


def say(line: str = "") -> None:
    """Print a line as it is: no markup, no colours, no wrapping."""
    Console(markup=False, highlight=False, soft_wrap=True).print(line)


def flag(name: str) -> str:
    """Return an option as it stands on a command line: --preserve-weight."""
    return "--" + name.replace("_", "-")


def note(line: str) -> None:
    """Print a line on stderr: what the user may want to know, and a program that reads does not."""
    sys.stderr.write(f"unsee: {line}\n")


@contextmanager
def plugin_warnings() -> Iterator[None]:
    """Print a line on stderr for each plug-in that is left out; other warnings go their way."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", PluginWarning)
        before = warnings.showwarning

        def show(message: Any, category: type[Warning], *rest: Any, **more: Any) -> None:
            if issubclass(category, PluginWarning):
                note(str(message))
            else:
                before(message, category, *rest, **more)

        warnings.showwarning = show
        yield


@contextmanager
def watching(what: str = "") -> Iterator[Watch]:
    """Show how far long work is, until the block ends; `what` stands for work without a name."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(console, what)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[about]}", markup=False),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        task = bars.add_task(what, total=None, about="")

        def show(now: Progress) -> None:
            bars.update(
                task,
                description=now.what or what,
                completed=now.done,
                total=now.total,
                about=", ".join(_about(now)),
            )

        yield show


def erasing(title: str) -> AbstractContextManager[Watch]:
    """Show how far the erasure of concepts is, which a title names."""
    return watching(f"erasing {title}")


def drawing() -> AbstractContextManager[Watch]:
    """Show how many pictures are drawn."""
    return watching("drawing")


def _lines(console: Console, what: str) -> Watch:
    """Write how far it is, at most once in EVERY seconds."""
    written = time.monotonic()

    def write(now: Progress) -> None:
        nonlocal written
        if time.monotonic() - written >= EVERY:
            written = time.monotonic()
            how_far = f"{now.what or what}: {now.done:g} of {now.total}"
            line = ", ".join([how_far, *_about(now)])
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    return write


def _about(now: Progress) -> Iterator[str]:
    """What was measured, and the time left."""
    if now.values:
        yield " ".join(f"{name} {value:.4f}" for name, value in now.values.items())
    if now.left is not None:
        yield f"{_duration(now.left)} left"


def _duration(seconds: float) -> str:
    """Two digits or so: nobody plans a day by the seconds of an estimate."""
    for name, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.{1 if seconds < 10 * length else 0}f} {name}"
    return f"{seconds:.0f} s"
