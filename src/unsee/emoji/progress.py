"""How a long training shows itself: a bar with time left, or lines where nobody watches.

`Report`  prints the stages of a recipe as they advance
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

Advance = Callable[[int, Mapping[str, float]], None]


class Report:
    """A rich progress bar on a terminal; else a line every `every` seconds."""

    def __init__(self, every: float = 60.0) -> None:
        self.every = every

    @contextmanager
    def stage(self, name: str, steps: int, done: int = 0) -> Iterator[Advance]:
        """Within the block, call what it yields with the steps made and what to show of them."""
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed}/{task.total}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[shown]}"),
            )
            with Progress(*columns, console=Console(stderr=True)) as bar:
                task = bar.add_task(name, total=steps, completed=done, shown="")

                def advance(made: int, values: Mapping[str, float]) -> None:
                    bar.update(task, advance=made, shown=_shown(values))

                yield advance
            return
        began = printed = time.monotonic()
        reached = done

        def speak(made: int, values: Mapping[str, float]) -> None:
            nonlocal reached, printed
            reached += made
            now = time.monotonic()
            if now - printed >= self.every or reached >= steps:
                printed = now
                left = (now - began) / max(reached - done, 1) * (steps - reached)
                minutes = f"{left / 60:.0f} min left"
                sys.stderr.write(f"{name} {reached}/{steps}, {minutes}, {_shown(values)}\n")
                sys.stderr.flush()

        yield speak


def _shown(values: Mapping[str, float]) -> str:
    return " ".join(f"{name} {value:.4f}" for name, value in values.items())
