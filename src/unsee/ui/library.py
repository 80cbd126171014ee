"""The folder of erased files, which all visitors share.

Library    names, find, keep; where the state of an erasure lies, and where exports go
describe   the header of an erased file, as rows of a table

A visitor names a file, never a path: a name is one of the list or an error.
"""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from unsee.concepts import slug
from unsee.errors import unknown_name
from unsee.files import check_output
from unsee.weights import ErasedWeights

SUFFIX = ".safetensors"
UNFINISHED = "unfinished"
"""The folder inside it for the states of erasures; no visitor is given anything from there."""


class Library:
    """A folder of erased files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        check_output(self.folder / f"any{SUFFIX}", overwrite=True)
        self._exports = tempfile.TemporaryDirectory(prefix="unsee-exports-")
        self.exports = Path(self._exports.name).resolve()
        """A folder for exports, which goes with `close`."""

    def close(self) -> None:
        """Remove the exports."""
        self._exports.cleanup()

    def names(self) -> list[str]:
        """Names of the erased files, the newest first."""
        with contextlib.suppress(OSError):
            found = [(path.stat().st_mtime_ns, path.name) for path in self._files()]
            return [name for _, name in sorted(found, reverse=True)]
        return []

    def find(self, name: str) -> Path:
        """Return the path of a file of the list; an UnknownName for anything else."""
        names = self.names()
        if name not in names:
            raise unknown_name("erased file", name, names)
        return self.folder / name

    def keep(self, erased: ErasedWeights) -> Path:
        """Save under a name after its concepts, with a number where that is taken."""
        stem = slug(" ".join(concept.phrase for concept in erased.recipe.concepts))
        taken = {path.stem for path in self.folder.glob(f"*{SUFFIX}")}
        number = 1
        while (free := stem if number == 1 else f"{stem}-{number}") in taken:
            number += 1
        return erased.save(self.folder / f"{free}{SUFFIX}")

    def state_of(self, erasure: str) -> Path:
        """Where the state of an erasure is kept while it is not done."""
        return self.folder / UNFINISHED / f"{erasure}{SUFFIX}"

    def _files(self) -> Iterator[Path]:
        for path in self.folder.glob(f"*{SUFFIX}"):
            # A link might lead out of the folder.
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield path


def describe(erased: ErasedWeights) -> list[tuple[str, str]]:
    """Say what a file holds and how it was made: (what, text) rows."""
    recipe = erased.recipe
    synonyms = [repr(phrase) for concept in recipe.concepts for phrase in concept.synonyms]
    numbers = sum(tensor.numel() for tensor in erased.tensors.values())
    settings, prompts = [], []
    for name, value in recipe.config.items():
        if isinstance(value, (list, tuple)):
            prompts += [(name, ", ".join(value))] if value else []
        else:
            settings.append(f"{name} {value}")
    return [
        (
            "erased",
            recipe.title + (f", asked for as {', '.join(synonyms)} too" if synonyms else ""),
        ),
        ("base model", recipe.base),
        ("settings", ", ".join(settings)),
        *prompts,
        ("changes", f"{len(erased.tensors)} tensors, {numbers:,} numbers"),
        ("made with", ", ".join(f"{name} {version}" for name, version in recipe.versions.items())),
        ("sha256", erased.sha256),
    ]
