"""Which erasures an experiment made: by which system, with which settings, at which cost.

Erasure    one of them
read       a result's settings -> its erasures, of this form and of the older one
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from unsee.benchmarks.cache import Cache
from unsee.benchmarks.items import Erase
from unsee.erasing.methods.registry import as_written_now
from unsee.errors import CheckpointError

LEDGER = "ledger"
"""Where a result's settings have the erasures."""
CHOSEN = ("steps", "lr")
"""Settings that the oldest results tell, where they were chosen."""


@dataclass(frozen=True)
class Erasure:
    """One erasure of an experiment."""

    concepts: tuple[str, ...]
    system: str
    """As tables call it: esd-x-3."""
    seconds: float
    config: Mapping[str, Any]
    """Every setting by its name; of an older result, as many as it tells."""
    memory: int | None = None
    """Bytes at the highest; None where that is not known."""
    size: int | None = None
    """Bytes of the file; None in an older result."""
    apart: bool = True
    """Whether the concepts are told apart; older results have them in one string."""

    @classmethod
    def of(cls, erase: Erase, cache: Cache) -> Self:
        """Enter what a cache holds; a KeyError where it does not."""
        cost = cache.cost(erase)
        if cost is None:
            raise KeyError(erase.key)
        config, size = asdict(erase.config), cache.size(erase)
        return cls(erase.phrases, erase.system, cost.seconds, config, cost.memory, size)

    def is_of(self, concepts: tuple[str, ...]) -> bool:
        """Whether these concepts, and no others, were erased."""
        return self.concepts == (concepts if self.apart else (", ".join(concepts),))

    def record(self) -> dict[str, Any]:
        """Everything, for the result."""
        record = asdict(self)
        del record["apart"]
        return record


def read(settings: Mapping[str, Any]) -> list[Erasure]:
    """Read the erasures of a result.

    Raises:
        CheckpointError: they are neither in this form nor in the older one.
    """
    try:
        if LEDGER in settings:
            return [_record(record) for record in settings[LEDGER]]
        return list(_older(settings))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise CheckpointError(
            f"the erasures of a result cannot be read ({error}); run the experiment again"
        ) from error


def _record(record: Mapping[str, Any]) -> Erasure:
    concepts, config = tuple(record["concepts"]), as_written_now(record["config"])
    return Erasure(**{**record, "concepts": concepts, "config": config})


def _older(settings: Mapping[str, Any]) -> Iterator[Erasure]:
    """Seconds by a line "CONCEPTS by SYSTEM", and beside them a system's settings, or some."""
    chosen = {name: settings[name] for name in CHOSEN if name in settings}
    for line, seconds in settings.get("seconds", {}).items():
        concepts, _, system = line.rpartition(" by ")
        config = as_written_now(settings.get("erasures", {}).get(system, chosen))
        yield Erasure((concepts,), system, seconds, config, apart=False)
