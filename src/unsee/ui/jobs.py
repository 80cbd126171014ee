"""The queue of a device: one erasure at a time, short errands in between.

State      what a job can be
Snapshot   what has come of a job so far
Report     what a work tells while it runs, and where it learns that it shall stop
Jobs       submit, look, stop, go on, drop; errands

One thread does all the work, so that nothing ever asks a model that another work is changing. An
errand, such as drawing two pictures, does not wait for hours: it is run between two steps of the
erasure at hand, when the model is as it was loaded.
A job belongs to its owner, an unguessable name that the owner's browser keeps. Others never see
it.
"""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from unsee.errors import OptionError, Stopped, UnseeError
from unsee.ui.losses import Losses, Point
from unsee.ui.sheets import Sheet

T = TypeVar("T")

MOST_WAITING = 20
"""Jobs, and errands, that may wait at once: who comes later is told so."""
KEPT = 100
"""Jobs that have ended and are still known."""
PATIENCE = 20.0
"""Seconds that `close` waits for the step at hand."""

_log = logging.getLogger(__name__)


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
class _Job:
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

    def __init__(self, jobs: "Jobs", job: _Job) -> None:
        self._jobs = jobs
        self._job = job

    def say(self, phase: str) -> None:
        """Tell what is done at the moment; raises KeyboardInterrupt where it shall stop."""
        self._job.phase = phase
        self._stop_where_asked()

    def show(self, sheet: Sheet) -> None:
        """Show a sheet in place of the last one."""
        self._job.sheet = sheet
        self._job.sheets += 1

    def step(self, step: int, steps: int, loss: float) -> None:
        """Tell of a step, and give the device to errands; KeyboardInterrupt where it shall stop."""
        job, now = self._job, time.monotonic()
        with self._jobs.lock:
            if job.paced_from is None:
                job.paced_from = (step, now)
            job.phase, job.step, job.steps = "", step, steps
            job.losses.add(step, loss)
        self._jobs.run_errands()
        self._stop_where_asked()

    def _stop_where_asked(self) -> None:
        if self._job.stop.is_set():
            raise KeyboardInterrupt


Work = Callable[[Report], Path]


class Jobs:
    """The jobs of a device, in the order that they came in, and the thread that does them."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self._jobs: dict[str, _Job] = {}
        self._waiting: deque[_Job] = deque()
        self._running: _Job | None = None
        self._errands: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="unsee-device", daemon=True)
        self._thread.start()

    def submit(
        self, owner: str, title: str, work: Work, discard: Callable[[], None] = lambda: None
    ) -> str:
        """Queue a work; returns the id of the job.

        `work` may be called again to go on after a stop. `discard` throws away what it left.
        """
        job = _Job(secrets.token_urlsafe(12), owner, title, work, discard)
        with self.lock:
            self._enqueue(job)
            self._jobs[job.id] = job
            forgotten = self._oldest_ended()
        for old in forgotten:
            old.discard()
        return job.id

    def of(self, owner: str) -> list[Snapshot]:
        """Return the owner's jobs, the oldest first."""
        with self.lock:
            return [self._snapshot(job) for job in self._jobs.values() if job.owner == owner]

    def look(self, owner: str, id: str) -> Snapshot:
        """Return what has come of a job."""
        with self.lock:
            return self._snapshot(self._find(owner, id))

    def stop(self, owner: str, id: str) -> None:
        """Take a waiting job out of the queue; a running one ends after the step at hand."""
        with self.lock:
            job = self._find(owner, id)
            if job.state == State.WAITING:
                self._waiting.remove(job)
                job.state, job.message = State.STOPPED, "taken out of the queue"
            elif job.state == State.RUNNING:
                job.stop.set()

    def go_on(self, owner: str, id: str) -> None:
        """Queue a job again that stopped or failed."""
        with self.lock:
            job = self._find(owner, id)
            if job.state in (State.STOPPED, State.FAILED):
                self._enqueue(job)
                job.stop.clear()
                job.state, job.message, job.paced_from = State.WAITING, "", None

    def drop(self, owner: str, id: str) -> None:
        """Forget a job that has ended, and what it left to go on from; its result stays."""
        with self.lock:
            job = self._find(owner, id)
            if job.state.active:
                raise OptionError("the erasure is not over; cancel it first")
            del self._jobs[id]
        job.discard()

    def errand(self, work: Callable[[], T]) -> T:
        """Have the device's thread do something short, and wait for what comes of it."""
        done: Future[T] = Future()
        with self.lock:
            self._check_open()
            if len(self._errands) >= MOST_WAITING:
                raise OptionError("many are drawing at the moment; try again in a minute")
            self._errands.append((done, work))
            self.lock.notify_all()
        return done.result()

    def run_errands(self) -> None:
        """Do what waits to be done in between; for the device's thread alone."""
        while True:
            with self.lock:
                if not self._errands:
                    return
                done, work = self._errands.popleft()
            try:
                done.set_result(work())
            except Exception as error:
                done.set_exception(error)

    def close(self) -> None:
        """Stop the job at hand after its step, take no more, and discard what cannot go on."""
        with self.lock:
            self._closed = True
            if self._running is not None:
                self._running.stop.set()
            self.lock.notify_all()
        self._thread.join(PATIENCE)
        # The jobs go with this process; their states would lie there for nobody.
        for job in self._jobs.values():
            if job.state != State.DONE:
                job.discard()

    def _serve(self) -> None:
        while True:
            self.run_errands()
            with self.lock:
                if self._closed:
                    break
                if self._errands:
                    continue
                if not self._waiting:
                    self.lock.wait()
                    continue
                job = self._running = self._waiting.popleft()
                job.state, job.phase = State.RUNNING, "starting"
            self._run(job)
        for done, _ in self._errands:
            done.set_exception(OptionError("the server is going down"))

    def _run(self, job: _Job) -> None:
        state, message, result = State.DONE, "", None
        try:
            result = job.work(Report(self, job))
        except Stopped:
            state = State.STOPPED
        except KeyboardInterrupt:
            state = State.STOPPED
        except UnseeError as error:
            state, message = State.FAILED, " ".join(str(error).split())
        except Exception as error:
            _log.exception("a job failed")
            words = " ".join(str(error).split())
            state = State.FAILED
            message = f"{type(error).__name__}: {words} (a fault of unsee; the server's log has it)"
        with self.lock:
            job.state, job.message, job.result, job.phase = state, message, result, ""
            self._running = None

    def _enqueue(self, job: _Job) -> None:
        self._check_open()
        if len(self._waiting) >= MOST_WAITING:
            raise OptionError(f"{MOST_WAITING} erasures are waiting already; try again later")
        self._waiting.append(job)
        self.lock.notify_all()

    def _check_open(self) -> None:
        if self._closed:
            raise OptionError("the server is going down")

    def _find(self, owner: str, id: str) -> _Job:
        job = self._jobs.get(id)
        if job is None or job.owner != owner:
            raise OptionError("there is no such erasure any more; start it anew")
        return job

    def _oldest_ended(self) -> list[_Job]:
        """Take out of the books what is more than is kept; the oldest go first."""
        ended = [job for job in self._jobs.values() if not job.state.active]
        surplus = ended[: max(0, len(ended) - KEPT)]
        for job in surplus:
            del self._jobs[job.id]
        return surplus

    def _snapshot(self, job: _Job) -> Snapshot:
        before = 0
        if job.state == State.WAITING:
            before = self._waiting.index(job) + (self._running is not None)
        left = None
        if job.state == State.RUNNING and job.paced_from is not None:
            first, since = job.paced_from
            if job.step > first:
                pace = (time.monotonic() - since) / (job.step - first)
                left = (job.steps - job.step) * pace
        return Snapshot(
            id=job.id,
            title=job.title,
            state=job.state,
            before=before,
            stopping=job.state == State.RUNNING and job.stop.is_set(),
            phase=job.phase,
            step=job.step,
            steps=job.steps,
            losses=job.losses.points,
            seconds_left=left,
            sheet=job.sheet,
            sheets=job.sheets,
            message=job.message,
            result=job.result,
        )
