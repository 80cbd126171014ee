"""How far long work is: one event, for whoever watches it.

Progress   what is done, of how much; what was measured, how long it took and how long it will
Watch      who is told: called with a Progress after each step
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a piece of work is."""

    done: float
    """Steps, pictures or rows; with a fraction where the next of them is begun."""
    total: int
    """How many there will be."""
    what: str = ""
    """What is being done, in a few words; empty where whoever watches knows."""
    values: Mapping[str, float] = field(default_factory=dict)
    """What was measured on the way, by name: the loss."""
    seconds: float = field(default=0.0, compare=False)
    """How long it took so far, in this call."""
    before: float = field(default=0.0, compare=False)
    """What of `done` an earlier call had done."""

    @property
    def left(self) -> float | None:
        """Seconds that the rest takes at the pace of this call; None where there is no pace yet."""
        here = self.done - self.before
        known = here > 0 and self.seconds > 0
        return self.seconds / here * (self.total - self.done) if known else None

    def within(self, start: float, share: float, total: int, what: str | None = None) -> Self:
        """Return the same moment as one of larger work, of which this is the part from `start`.

        `share` is how much of the larger work this is: of six rows, one. `what` is said instead
        of what the part says of itself.
        """
        part = share / max(self.total, 1)
        return replace(
            self,
            done=start + part * self.done,
            before=start + part * self.before,
            total=total,
            what=self.what if what is None else what,
        )


Watch = Callable[[Progress], None]
"""Who is told of the progress, after each step."""
