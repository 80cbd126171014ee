"""The queue of a device: one erasure at a time, short errands in between.

Jobs   submit, resume, list, stop, go on, drop; errands

One thread does all the work, so that nothing ever asks a model that another work is changing. An
errand, such as drawing two pictures, does not wait for hours: it is run between two steps of the
erasure at hand, when the model is as it was loaded.
A job belongs to its owner, an unguessable name that the owner's browser keeps. Others never see
it. What is queued lives in memory; a caller that keeps more gives it back by `resume`.
"""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from unsee.errors import OptionError, Stopped, UnseeError
from unsee.ui.job import Job, Report, Snapshot, State, Work
from unsee.ui.views import one_line

T = TypeVar("T")

MOST_WAITING = 20
"""Jobs, and errands, that may wait at once: who comes later is told so."""
KEPT = 100
"""Jobs that have ended and are still known."""
PATIENCE = 20.0
"""Seconds that `close` waits for the step at hand."""

_log = logging.getLogger(__name__)


class Jobs:
    """The jobs of a device, in the order that they came in, and the thread that does them."""

    def __init__(self, most_own: int = MOST_WAITING) -> None:
        """Start the thread; of one owner, `most_own` jobs at most may wait or run at once."""
        self._most_own = most_own
        self.lock = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
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
        job = Job(secrets.token_urlsafe(12), owner, title, work, discard)
        with self.lock:
            self._enqueue(job)
            self._jobs[job.id] = job
            forgotten = self._oldest_ended()
        for old in forgotten:
            old.discard()
        return job.id

    def resume(
        self, owner: str, title: str, work: Work, discard: Callable[[], None], message: str
    ) -> None:
        """Take up a job of an earlier server: it stands there as stopped, and says `message`."""
        job = Job(secrets.token_urlsafe(12), owner, title, work, discard)
        job.state, job.message = State.STOPPED, message
        with self.lock:
            self._jobs[job.id] = job

    def of(self, owner: str) -> list[Snapshot]:
        """Return the owner's jobs, the oldest first."""
        with self.lock:
            return [self._snapshot(job) for job in self._jobs.values() if job.owner == owner]

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

    @property
    def errands(self) -> int:
        """How many errands wait."""
        with self.lock:
            return len(self._errands)

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

    def close(self) -> list[Snapshot]:
        """Stop the job at hand after its step and take no more; returns what is not finished.

        A job that is still running then makes a step that takes long, and ends with the process.
        """
        with self.lock:
            self._closed = True
            active = [job for job in self._jobs.values() if job.state.active]
            if self._running is not None:
                self._running.stop.set()
            self.lock.notify_all()
        self._thread.join(PATIENCE)
        with self.lock:
            return [self._snapshot(job) for job in active if job.state != State.DONE]

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

    def _run(self, job: Job) -> None:
        state, message, result = State.DONE, "", None
        try:
            result = job.work(Report(job, self.lock, self.run_errands))
        except Stopped:
            state = State.STOPPED
        except KeyboardInterrupt:
            state = State.STOPPED
        except UnseeError as error:
            state, message = State.FAILED, one_line(error)
        except Exception as error:
            _log.exception("a job failed")
            words = " ".join(str(error).split())
            state = State.FAILED
            message = f"{type(error).__name__}: {words} (a fault of unsee; the server's log has it)"
        with self.lock:
            job.state, job.message, job.result, job.phase = state, message, result, ""
            self._running = None

    def _enqueue(self, job: Job) -> None:
        self._check_open()
        jobs = self._jobs.values()
        if sum(one.owner == job.owner and one.state.active for one in jobs) >= self._most_own:
            raise OptionError(
                f"{self._most_own} of your erasures wait or run already, and more may not; "
                "cancel one, or try again when one is done"
            )
        if len(self._waiting) >= MOST_WAITING:
            raise OptionError(f"{MOST_WAITING} erasures are waiting already; try again later")
        self._waiting.append(job)
        self.lock.notify_all()

    def _check_open(self) -> None:
        if self._closed:
            raise OptionError("the server is going down")

    def _find(self, owner: str, id: str) -> Job:
        job = self._jobs.get(id)
        if job is None or job.owner != owner:
            raise OptionError("there is no such erasure any more; start it anew")
        return job

    def _oldest_ended(self) -> list[Job]:
        """Take out of the books what is more than is kept: the oldest, finished ones first."""
        ended = [job for job in self._jobs.values() if not job.state.active]
        ended.sort(key=lambda job: job.state == State.STOPPED)
        surplus = ended[: max(0, len(ended) - KEPT)]
        for job in surplus:
            del self._jobs[job.id]
        return surplus

    def _snapshot(self, job: Job) -> Snapshot:
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
