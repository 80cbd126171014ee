"""A job of the device: what it can be, what has come of it, what its work tells.

State      what a job can be
Snapshot   what has come of a job so far
Job        the job itself, for its queue alone (jobs.py)
Report     what a work tells while it runs, and where it learns that it shall stop
Work       a Report -> the file that it made
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from unsee.ui.losses import Losses, Point
from unsee.ui.sheets import Sheet


class State(StrEnum):
    """What a job can be."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"

    @property
    def active(self) -> bool:
        """Whether something will still come of it without anyone asking."""
        return self in (State.WAITING, State.RUNNING)


@dataclass(frozen=True)
class Snapshot:
    """What has come of a job so far."""

    id: str
    title: str
    state: State
    before: int
    """Jobs that are done before this one; 0 unless it waits."""
    stopping: bool
    """Whether it runs, and will stop after the step at hand."""
    phase: str
    """What it does when it makes no steps, such as loading."""
    step: int
    steps: int
    losses: tuple[Point, ...]
    seconds_left: float | None
    """Until the last step, at the pace so far; None before there is one."""
    sheet: Sheet | None
    """The last one that it showed."""
    sheets: int
    """How many it showed."""
    message: str
    """Why it stopped or failed, in one line."""
    result: Path | None
    """What a job that is done has made."""


@dataclass
class Job:
    """A job, for its queue alone."""

    id: str
    owner: str
    title: str
    work: "Work"
    discard: Callable[[], None]
    state: State = State.WAITING
    stop: threading.Event = field(default_factory=threading.Event)
    phase: str = ""
    step: int = 0
    steps: int = 0
    losses: Losses = field(default_factory=Losses)
    paced_from: tuple[int, float] | None = None
    sheet: Sheet | None = None
    sheets: int = 0
    message: str = ""
    result: Path | None = None


class Report:
    """What a work tells while it runs, and where it learns that it shall stop."""

    def __init__(self, job: Job, lock: threading.Condition, between: Callable[[], None]) -> None:
        self._job = job
        self._lock = lock
        self._between = between
        """Whatever the device does between two steps."""

    def say(self, phase: str) -> None:
        """Tell what is done at the moment; raises KeyboardInterrupt where it shall stop."""
        self._job.phase = phase
        self._check_stop()

    def show(self, sheet: Sheet) -> None:
        """Show a sheet in place of the last one."""
        self._job.sheet = sheet
        self._job.sheets += 1

    def step(self, step: int, steps: int, loss: float) -> None:
        """Tell of a step, and give the device to errands; KeyboardInterrupt where it shall stop."""
        job, now = self._job, time.monotonic()
        with self._lock:
            if job.paced_from is None:
                job.paced_from = (step, now)
            job.phase, job.step, job.steps = "", step, steps
            job.losses.add(step, loss)
        self._between()
        self._check_stop()

    def _check_stop(self) -> None:
        if self._job.stop.is_set():
            raise KeyboardInterrupt


Work = Callable[[Report], Path]
