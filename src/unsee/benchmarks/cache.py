"""What plans have made, as files in a folder: found again by its key, and safe to delete.

Cost    what an erasure took
Cache   where each item of a plan lies

    erased/KEY.safetensors    an erasure
    erased/KEY.json           what it cost
    erased/KEY.unfinished     the state of one that was stopped
    pictures/KEY/             a prompt set, with the manifest of sampling/folder.py
"""

import glob
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from unsee.benchmarks.items import Draw, Erase
from unsee.benchmarks.pictures import Files
from unsee.errors import ErasedFileError
from unsee.running.files import writing
from unsee.weights.erased import ErasedWeights
from unsee.weights.file import Header


@dataclass(frozen=True)
class Cost:
    """What an erasure took."""

    seconds: float
    memory: int | None = None
    """Bytes at the highest; None where that cannot be known."""


@dataclass(frozen=True)
class Cache:
    """A folder of erasures and pictures."""

    folder: Path

    def file(self, erase: Erase) -> Path:
        """Where an erasure lies."""
        return self.folder / "erased" / f"{erase.key}.safetensors"

    def state(self, erase: Erase) -> Path:
        """Where the state of an erasure lies that was stopped."""
        return self.file(erase).with_suffix(".unfinished")

    def pictures(self, draw: Draw) -> Path:
        """The folder of a prompt set."""
        return self.folder / "pictures" / draw.key

    def drawn(self, draw: Draw) -> Files:
        """The pictures of a prompt set, in its order."""
        folder = self.pictures(draw)
        return Files(tuple(folder / f"{row.id}.png" for row in draw.prompts))

    def cost(self, erase: Erase) -> Cost | None:
        """What an erasure took; None where a file of it is missing or damaged."""
        path = self.file(erase)
        cost = _read(path.with_suffix(".json"))
        try:
            # Its header says how long the file is; the weights are not read for this.
            Header.read(path)
        except ErasedFileError:
            return None
        return cost

    def size(self, erase: Erase) -> int:
        """Bytes of the file of an erasure."""
        return self.file(erase).stat().st_size

    def weights(self, erase: Erase) -> ErasedWeights:
        """Load an erasure; an ErasedFileError where there is none."""
        return ErasedWeights.load(self.file(erase))

    def adopt(self, item: Erase | Draw, sha256: Callable[[], str]) -> None:
        """Take over what an earlier version made, which called the model by its sha256.

        That is asked for only where something of the same words lies there.
        """
        place, words = self._place(item), item.key.rpartition("-")[0]
        if place.exists() or not list(place.parent.glob(f"{glob.escape(words)}-*")):
            return
        earlier = self._place(replace(item, model=sha256()))
        if earlier.exists():
            earlier.replace(place)
            for ending in (".json", ".unfinished"):
                if earlier.with_suffix(ending).exists():
                    earlier.with_suffix(ending).replace(place.with_suffix(ending))

    def _place(self, item: Erase | Draw) -> Path:
        return self.file(item) if isinstance(item, Erase) else self.pictures(item)

    def keep(self, erase: Erase, weights: ErasedWeights, cost: Cost) -> None:
        """Write an erasure and its cost; its state goes."""
        path = weights.save(self.file(erase), overwrite=True)
        _write(path.with_suffix(".json"), cost)
        self.state(erase).unlink(missing_ok=True)
        self._spent(erase).unlink(missing_ok=True)

    def spent(self, erase: Erase) -> float:
        """Seconds that calls took which were stopped, where their state is still there."""
        cost = _read(self._spent(erase)) if self.state(erase).exists() else None
        return 0.0 if cost is None else cost.seconds

    def keep_spent(self, erase: Erase, seconds: float) -> None:
        """Remember what a call took that was stopped."""
        _write(self._spent(erase), Cost(round(seconds, 1)))

    def _spent(self, erase: Erase) -> Path:
        return self.file(erase).with_suffix(".unfinished.json")


def _read(path: Path) -> Cost | None:
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        memory = record.get("memory")
        return Cost(float(record["seconds"]), None if memory is None else int(memory))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write(path: Path, cost: Cost) -> None:
    with writing(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(asdict(cost)) + "\n", encoding="utf-8")
