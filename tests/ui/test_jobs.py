"""The queue of a device: order, stops, errands, owners, and faults that stay with their job."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from unsee.errors import OptionError, OutOfMemory, Stopped
from unsee.pictures.sheet import Column
from unsee.ui import jobs as queue
from unsee.ui.job import Report, Snapshot, State
from unsee.ui.jobs import Jobs
from unsee.ui.sheets import Sheet

MADE = Path("made.safetensors")


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.close()


class Held:
    """A work that makes a step whenever the test lets it, as an erasure of unsee.erase does."""

    def __init__(self, steps: int = 3) -> None:
        self.steps = steps
        self.begun = threading.Event()
        self.rests = 0
        """How often it has waited to be let; it looks for a stop before each."""
        self._let = threading.Semaphore(0)
        self.done = 0

    def let(self, steps: int = 1) -> None:
        self._let.release(steps)

    def __call__(self, report: Report) -> Path:
        report.say("loading")
        self.begun.set()
        while self.done < self.steps:
            self.rests += 1
            assert self._let.acquire(timeout=20)
            self.done += 1
            try:
                report.step(self.done, self.steps, 1 / self.done)
            except KeyboardInterrupt:
                if self.done < self.steps:
                    raise Stopped(f"stopped after step {self.done}") from None
        return MADE


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def look(jobs: Jobs, owner: str, id: str) -> Snapshot:
    (found,) = [one for one in jobs.of(owner) if one.id == id]
    return found


def over(jobs: Jobs, id: str, owner: str = "ann") -> Snapshot:
    until(lambda: not look(jobs, owner, id).state.active)
    return look(jobs, owner, id)


def test_jobs_are_done_one_at_a_time_in_the_order_they_came(jobs: Jobs) -> None:
    first, order = Held(), []
    ids = [jobs.submit("ann", "first", first)]
    for name in ("second", "third"):
        ids.append(jobs.submit("bob", name, lambda report, name=name: order.append(name) or MADE))
    assert first.begun.wait(20)
    owners = ("ann", "bob", "bob")
    before = [look(jobs, owner, id).before for owner, id in zip(owners, ids, strict=True)]
    assert before == [0, 1, 2]
    assert order == []
    first.let(3)
    over(jobs, ids[2], "bob")
    assert order == ["second", "third"]


def test_progress_is_seen_while_it_is_made(jobs: Jobs) -> None:
    work = Held(4)
    id = jobs.submit("ann", "cat", work)
    assert work.begun.wait(20)
    assert look(jobs, "ann", id).phase == "loading"
    assert look(jobs, "ann", id).seconds_left is None
    work.let(2)
    until(lambda: look(jobs, "ann", id).step == 2)
    seen = look(jobs, "ann", id)
    assert (seen.state, seen.steps, seen.phase) == (State.RUNNING, 4, "")
    assert [point.loss for point in seen.losses] == [1, 1 / 2]
    assert seen.seconds_left is not None
    assert seen.seconds_left > 0
    work.let(2)
    done = over(jobs, id)
    assert (done.state, done.result, done.message) == (State.DONE, MADE, "")


def test_a_sheet_is_shown_and_counted(jobs: Jobs) -> None:
    sheets = [Sheet(["cat"], [Column(str(n), [Image.new("RGB", (2, 2))])]) for n in range(2)]

    def work(report: Report) -> Path:
        for sheet in sheets:
            report.show(sheet)
        return MADE

    done = over(jobs, jobs.submit("ann", "cat", work))
    assert (done.sheet, done.sheets) == (sheets[1], 2)


def test_a_running_job_stops_after_its_step_and_goes_on_from_there(jobs: Jobs) -> None:
    work = Held(5)
    id = jobs.submit("ann", "cat", work)
    work.let(2)
    until(lambda: work.rests == 3)
    jobs.stop("ann", id)
    assert look(jobs, "ann", id).stopping
    work.let()
    stopped = over(jobs, id)
    assert (stopped.state, stopped.step, stopped.stopping) == (State.STOPPED, 3, False)
    jobs.go_on("ann", id)
    work.let(2)
    assert over(jobs, id).state == State.DONE
    assert [point.step for point in look(jobs, "ann", id).losses] == [1, 2, 3, 4, 5]


def test_a_stop_at_the_last_step_is_too_late(jobs: Jobs) -> None:
    work = Held(2)
    id = jobs.submit("ann", "cat", work)
    work.let()
    until(lambda: work.rests == 2)
    jobs.stop("ann", id)
    work.let()
    assert over(jobs, id).state == State.DONE


def test_a_stop_before_the_first_step_is_heard_too(jobs: Jobs) -> None:
    begun, go = threading.Event(), threading.Event()

    def work(report: Report) -> Path:
        begun.set()
        assert go.wait(20)
        report.say("drawing")
        return MADE

    id = jobs.submit("ann", "cat", work)
    assert begun.wait(20)
    jobs.stop("ann", id)
    go.set()
    assert over(jobs, id).state == State.STOPPED


def test_a_waiting_job_leaves_the_queue_and_can_come_back(jobs: Jobs) -> None:
    first, second = Held(), Held()
    jobs.submit("ann", "first", first)
    id = jobs.submit("ann", "second", second)
    jobs.stop("ann", id)
    assert look(jobs, "ann", id).state == State.STOPPED
    first.let(3)
    jobs.errand(lambda: None)
    assert not second.begun.is_set()
    jobs.go_on("ann", id)
    second.let(3)
    assert over(jobs, id).state == State.DONE


def test_dropping_discards_what_was_left_once(jobs: Jobs) -> None:
    work, discarded = Held(), []
    id = jobs.submit("ann", "cat", work, discard=lambda: discarded.append("state"))
    assert work.begun.wait(20)
    with pytest.raises(OptionError, match="not over; cancel it first"):
        jobs.drop("ann", id)
    jobs.stop("ann", id)
    work.let()
    over(jobs, id)
    assert discarded == []
    jobs.drop("ann", id)
    assert discarded == ["state"]
    assert jobs.of("ann") == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OutOfMemory("the device\nis full"), "the device is full"),
        (ZeroDivisionError("oh\nno"), "ZeroDivisionError: oh no (a fault of unsee; the server's"),
    ],
)
def test_a_failing_job_keeps_one_line_and_the_next_is_done(
    jobs: Jobs, error: Exception, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    def work(report: Report) -> Path:
        raise error

    failed, fine = jobs.submit("ann", "cat", work), jobs.submit("ann", "dog", lambda report: MADE)
    seen = over(jobs, failed)
    assert seen.state == State.FAILED
    assert seen.message.startswith(message)
    assert "\n" not in seen.message
    assert over(jobs, fine).state == State.DONE
    # The log has a traceback where the fault is ours, and only there.
    assert bool(caplog.records) == isinstance(error, ZeroDivisionError)


def test_nobody_sees_or_touches_the_jobs_of_others(jobs: Jobs) -> None:
    work = Held()
    id = jobs.submit("ann", "cat", work)
    assert [job.id for job in jobs.of("ann")] == [id]
    assert jobs.of("bob") == []
    for act in (jobs.stop, jobs.go_on, jobs.drop):
        with pytest.raises(OptionError, match="no such erasure any more"):
            act("bob", id)
    work.let(3)
    assert over(jobs, id).state == State.DONE


def test_an_errand_is_run_between_two_steps_on_the_same_thread(jobs: Jobs) -> None:
    threads = []
    work = Held(2)

    def noting(report: Report) -> Path:
        threads.append(threading.current_thread())
        return work(report)

    id = jobs.submit("ann", "cat", noting)
    assert work.begun.wait(20)

    def errand() -> int:
        threads.append(threading.current_thread())
        return work.done

    answer: list[int] = []
    asking = threading.Thread(target=lambda: answer.append(jobs.errand(errand)))
    asking.start()
    until(lambda: jobs.errands == 1)
    work.let()
    asking.join(20)
    assert answer == [1]
    assert threads[0] is threads[1]
    assert look(jobs, "ann", id).state == State.RUNNING
    work.let()
    assert over(jobs, id).state == State.DONE


def test_an_errand_that_fails_tells_who_asked_and_no_one_else(jobs: Jobs) -> None:
    def fail() -> None:
        raise OptionError("no such seed")

    with pytest.raises(OptionError, match="no such seed"):
        jobs.errand(fail)
    assert jobs.errand(lambda: 3) == 3
    assert over(jobs, jobs.submit("ann", "cat", lambda report: MADE)).state == State.DONE


def test_a_full_queue_says_so(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_WAITING", 2)
    work = Held()
    jobs.submit("ann", "runs", work)
    assert work.begun.wait(20)
    for _ in range(2):
        jobs.submit("ann", "waits", lambda report: MADE)
    with pytest.raises(OptionError, match="2 erasures are waiting already"):
        jobs.submit("bob", "too many", lambda report: MADE)
    assert jobs.of("bob") == []
    work.let(3)


def test_the_oldest_that_are_over_are_forgotten(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "KEPT", 2)
    discarded: list[int] = []
    for number in range(5):
        discard = lambda number=number: discarded.append(number)  # noqa: E731
        over(jobs, jobs.submit("ann", str(number), lambda report: MADE, discard))
    assert [job.title for job in jobs.of("ann")] == ["2", "3", "4"]
    assert discarded == [0, 1]


def test_closing_stops_what_runs_tells_what_is_left_and_refuses_what_comes() -> None:
    jobs = Jobs()
    discarded: list[str] = []
    finished = jobs.submit("ann", "dog", lambda report: MADE, lambda: discarded.append("dog"))
    over(jobs, finished)
    work = Held(100)
    id = jobs.submit("ann", "cat", work, lambda: discarded.append("cat"))
    jobs.submit("bob", "owl", lambda report: MADE, lambda: discarded.append("owl"))
    work.let(2)
    until(lambda: work.rests == 3)
    left: list[Snapshot] = []
    closing = threading.Thread(target=lambda: left.extend(jobs.close()))
    closing.start()
    until(lambda: look(jobs, "ann", id).stopping)
    work.let(98)
    closing.join(20)
    assert [(one.title, one.state, one.step) for one in left] == [
        ("cat", State.STOPPED, 3),
        ("owl", State.WAITING, 0),
    ]
    assert (work.done, discarded) == (3, [])
    with pytest.raises(OptionError, match="going down"):
        jobs.submit("ann", "cat", work)
    with pytest.raises(OptionError, match="going down"):
        jobs.errand(lambda: None)


def test_one_owner_cannot_fill_the_queue() -> None:
    jobs = Jobs(most_own=2)
    work = Held()
    jobs.submit("ann", "runs", work)
    waits = jobs.submit("ann", "waits", lambda report: MADE)
    with pytest.raises(OptionError, match="2 of your erasures wait or run already"):
        jobs.submit("ann", "too many", lambda report: MADE)
    jobs.stop("ann", waits)
    again = jobs.submit("ann", "instead", lambda report: MADE)
    with pytest.raises(OptionError, match="2 of your erasures"):
        jobs.go_on("ann", waits)
    assert look(jobs, "ann", waits).state == State.STOPPED
    bob = jobs.submit("bob", "another", lambda report: MADE)
    work.let(3)
    assert over(jobs, again).state == State.DONE
    assert over(jobs, bob, "bob").state == State.DONE
    jobs.go_on("ann", waits)
    assert over(jobs, waits).state == State.DONE
    jobs.close()


def test_what_an_earlier_server_left_waits_to_be_gone_on_with(jobs: Jobs) -> None:
    discarded: list[str] = []
    jobs.resume("ann", "cat", lambda report: MADE, lambda: discarded.append("cat"), "left")
    (left,) = jobs.of("ann")
    assert (left.state, left.message, jobs.of("bob")) == (State.STOPPED, "left", [])
    jobs.go_on("ann", left.id)
    assert over(jobs, left.id).state == State.DONE


def test_what_is_finished_is_forgotten_before_what_can_go_on(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "KEPT", 1)
    jobs.resume("ann", "stopped", lambda report: MADE, lambda: None, "left")
    over(jobs, jobs.submit("ann", "done", lambda report: MADE))
    over(jobs, jobs.submit("ann", "last", lambda report: MADE))
    assert [job.title for job in jobs.of("ann")] == ["stopped", "last"]
