"""The loop of every training: a step, a word to whoever watches, now and then a saving.

Checkpoint   a file that holds the state, and who writes it
repeat       steps until the last one, until Ctrl-C or until a number is no longer finite

Whatever ends the loop, the file then holds a state from which the same steps follow: it is written
between two steps only, whole or not at all, and never with a number that is not finite.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from unsee.errors import NonFiniteLoss, Stopped
from unsee.running.progress import Progress, Watch
from unsee.running.stopping import between_steps

SAVE_EVERY = 60.0
"""Seconds between two savings of a state, at the least."""
STEPS_TO_SAVING = 9.0
"""Times as long as the last saving took, at the least: a tenth of the time goes to saving."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a state is kept."""

    path: Path
    save: Callable[[Path], object]
    """Writes the state as it is between two steps, whole or not at all."""
    every: float | None = None
    """Seconds between two savings, at the least; None is SAVE_EVERY."""


def repeat(
    step: Callable[[], Mapping[str, float]],
    steps: range,
    *,
    checkpoint: Checkpoint | None = None,
    watch: Watch | None = None,
    what: str = "",
) -> None:
    """Make the steps of a range; of one that starts above 0, an earlier call made the others.

    `step` returns what is to be shown of it. After the last step, or when Ctrl-C, a polite kill or
    a KeyboardInterrupt of `watch` stops the work, the state is saved; on the way, now and then.

    Raises:
        Stopped: between two steps; the last step is too late to stop.
        NonFiniteLoss: raised by `step`, before anything that is not finite became part of the
            state: the state is saved.
    """
    began = time.monotonic()
    every = SAVE_EVERY if checkpoint is None or checkpoint.every is None else checkpoint.every
    save_at = began + every
    with between_steps() as stop:
        for number in steps:
            try:
                values = step()
            except NonFiniteLoss as error:
                raise _saved(error, checkpoint) from error
            done = number + 1
            if watch is not None:
                seconds = time.monotonic() - began
                moment = Progress(
                    done=done,
                    total=steps.stop,
                    what=what,
                    values=values,
                    seconds=seconds,
                    before=steps.start,
                )
                try:
                    watch(moment)
                except KeyboardInterrupt:
                    stop.set()
            ends = stop.is_set() or done == steps.stop
            now = time.monotonic()
            if checkpoint is not None and (ends or now > save_at):
                checkpoint.save(checkpoint.path)
                took = time.monotonic() - now
                save_at = time.monotonic() + max(every, STEPS_TO_SAVING * took)
            if stop.is_set() and done < steps.stop:
                raise _stopped(done, steps.stop, checkpoint)


def _saved(error: NonFiniteLoss, checkpoint: Checkpoint | None) -> NonFiniteLoss:
    """Keep the state before a step that failed; returns the error that says so."""
    if checkpoint is None:
        return error
    checkpoint.save(checkpoint.path)
    return NonFiniteLoss(
        f"{error.message}; the last good state is in {checkpoint.path}: delete it to start anew"
    )


def _stopped(step: int, steps: int, checkpoint: Checkpoint | None) -> Stopped:
    done = f"stopped after step {step} of {steps}"
    if checkpoint is None:
        return Stopped(f"{done}; nothing is kept, since no checkpoint was asked for")
    path = checkpoint.path
    return Stopped(f"{done}; the state is in {path}, and the same command goes on", path)
