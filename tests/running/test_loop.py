"""The loop of every training, on work that counts."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from unsee.errors import NonFiniteLoss, OutputError, Stopped
from unsee.running import loop
from unsee.running.loop import Checkpoint, repeat
from unsee.running.progress import Progress

STEPS = 7


class Sum:
    """Adds the numbers of its steps up; its state is a line of text."""

    def __init__(self, path: Path, breaks_at: int | None = None) -> None:
        text = path.read_text() if path.exists() else "0 0"
        self.step, self.sum = map(int, text.split())
        self.checkpoint = Checkpoint(path, self.save)
        self.breaks_at = breaks_at

    def advance(self) -> dict[str, float]:
        if self.step + 1 == self.breaks_at:
            raise NonFiniteLoss("the sum is no number")
        self.step += 1
        self.sum += self.step
        return {"sum": float(self.sum)}

    def save(self, path: Path) -> None:
        path.write_text(f"{self.step} {self.sum}")

    def run(self, watch: Callable[[Progress], None] | None = None) -> None:
        repeat(self.advance, range(self.step, STEPS), checkpoint=self.checkpoint, watch=watch)


def _interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "stop",
    [
        _interrupt,
        lambda: os.kill(os.getpid(), signal.SIGINT),
        lambda: os.kill(os.getpid(), signal.SIGTERM),
    ],
    ids=["watch", "SIGINT", "SIGTERM"],
)
def test_work_that_is_stopped_after_every_step_ends_as_if_it_never_was(
    tmp_path: Path, stop: Callable[[], None]
) -> None:
    path = tmp_path / "state"
    for step in range(1, STEPS):
        with pytest.raises(Stopped, match=f"after step {step} of {STEPS}; the state is in") as told:
            Sum(path).run(lambda now: stop())
        assert told.value.checkpoint == path
        assert path.read_text() == f"{step} {sum(range(step + 1))}"
    last = Sum(path)
    # Too late to stop: the work is done.
    last.run(lambda now: stop())
    assert (last.step, last.sum) == (STEPS, 28)
    assert path.read_text() == "7 28"


def test_nothing_is_kept_where_nobody_asked_for_it(tmp_path: Path) -> None:
    work = Sum(tmp_path / "state")
    with pytest.raises(Stopped, match="nothing is kept") as told:
        repeat(work.advance, range(STEPS), watch=lambda now: _interrupt())
    assert told.value.checkpoint is None
    assert not list(tmp_path.iterdir())


def test_the_state_before_a_number_that_is_not_finite_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with pytest.raises(NonFiniteLoss, match=f"no number; the last good state is in {path}"):
        Sum(path, breaks_at=4).run()
    assert path.read_text() == "3 6"
    with pytest.raises(NonFiniteLoss, match="^the sum is no number$"):
        repeat(Sum(tmp_path / "none", breaks_at=1).advance, range(STEPS))


def test_an_error_leaves_what_was_saved_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(loop, "STEPS_TO_SAVING", 0.0)
    path = tmp_path / "state"

    def fail(now: Progress) -> None:
        if now.done == 5:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Sum(path).run(fail)
    assert path.read_text() == "4 10"


def test_a_disk_that_is_full_when_the_work_is_stopped_is_told(tmp_path: Path) -> None:
    def full(path: Path) -> None:
        raise OutputError(f"cannot write {path}: no space left")

    work = Sum(tmp_path / "state")
    with pytest.raises(OutputError, match="no space left"):
        repeat(
            work.advance,
            range(STEPS),
            checkpoint=Checkpoint(tmp_path / "state", full),
            watch=lambda now: _interrupt(),
        )


@pytest.mark.parametrize("saving", [0.1, 1.0, 30.0])
def test_at_most_a_tenth_of_the_time_goes_to_saving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saving: float
) -> None:
    clock, savings = 0.0, 0

    def step() -> dict[str, float]:
        nonlocal clock
        clock += 1.0
        return {}

    def save(path: Path) -> None:
        nonlocal clock, savings
        clock += saving
        savings += 1

    monkeypatch.setattr(loop.time, "monotonic", lambda: clock)
    repeat(step, range(3000), checkpoint=Checkpoint(tmp_path / "state", save, every=5.0))
    # How long it takes is not known of the first, and the last comes whenever the work ends.
    assert (savings - 2) * saving <= clock / 10
    # And no more steps than that are at stake: a saving is due after the pause, between two steps.
    assert savings >= 3000 // (max(5.0, 9 * saving) + 1)


def test_whoever_watches_is_told_each_step_and_where_this_call_began(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("4 10")
    seen: list[Progress] = []
    Sum(path).run(seen.append)
    assert seen == [
        Progress(done=step, total=STEPS, values={"sum": float(sum(range(step + 1)))})
        for step in (5, 6, 7)
    ]
    assert [now.before for now in seen] == [4, 4, 4]
    assert seen[-1].left == 0
    # Nothing is left to be done, and so nothing is told.
    Sum(path).run(lambda now: pytest.fail("made a step"))
