"""The folder of erased files, which all visitors share.

Library    names, find, keep; what is not finished, and where exports go
describe   the header of an erased file, as rows of a table

A visitor names a file, never a path: a name is one of the list or an error.
"""

import contextlib
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

from unsee.concepts import slug
from unsee.errors import OutputError, UnknownName, UnseeError, option
from unsee.ui.unfinished import Unfinished
from unsee.weights.erased import ErasedWeights
from unsee.weights.file import Header

SUFFIX = ".safetensors"


class Library:
    """A folder of erased files."""

    def __init__(self, folder: Path) -> None:
        """Take a folder, which is made where it is missing.

        Raises:
            OutputError: it cannot be written, or another page is served from it.
        """
        self.folder = folder.resolve()
        if self.folder.exists() and not self.folder.is_dir():
            raise OutputError(f"{folder} is a file; name a folder by {option('folder')}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Permission bits do not tell of read-only mounts or of quotas: try it.
            with tempfile.TemporaryFile(dir=self.folder):
                pass
            self.unfinished = Unfinished(self.folder)
        except OSError as error:
            raise OutputError(
                f"cannot keep erased files in {folder}: {error.strerror or error}; "
                f"name another {option('folder')}"
            ) from error
        self._exports = tempfile.TemporaryDirectory(prefix="unsee-exports-")
        self.exports = Path(self._exports.name).resolve()
        """A folder for exports, which goes with `close`."""

    def close(self) -> None:
        """Remove the exports, and leave the folder to the next server."""
        self._exports.cleanup()
        self.unfinished.close()

    def names(self) -> list[str]:
        """Names of the erased files, the newest first."""
        with contextlib.suppress(OSError):
            files = [(path.stat().st_mtime_ns, path.name) for path in self._files()]
            return [name for _, name in sorted(files, reverse=True)]
        return []

    def find(self, name: str) -> Path:
        """Return the path of a file of the list; an UnknownName for anything else."""
        # Another file is not what was meant: no suggestion, and the list is on the page.
        if name not in self.names():
            raise UnknownName(
                f"there is no erased file {name!r}; choose one of the list"
                if name
                else "no erased file is chosen; choose one of the list"
            )
        return self.folder / name

    def keep(self, erased: ErasedWeights) -> Path:
        """Save under a name after its concepts, with a number where that is taken."""
        stem = slug(" ".join(concept.phrase for concept in erased.provenance.concepts))
        stems = {path.stem for path in self.folder.glob(f"*{SUFFIX}")}
        number = 1
        while (free := stem if number == 1 else f"{stem}-{number}") in stems:
            number += 1
        return erased.save(self.folder / f"{free}{SUFFIX}")

    @contextlib.contextmanager
    def naming_no_folder(self) -> Iterator[None]:
        """Say in errors which file it is, and not where it lies on the server."""
        try:
            yield
        except UnseeError as error:
            message = error.message
            for folder in (self.unfinished.folder, self.folder, self.exports):
                message = message.replace(f"{folder}/", "")
            error.args = (message,)
            raise

    def _files(self) -> Iterator[Path]:
        for path in self.folder.glob(f"*{SUFFIX}"):
            # A link might lead out of the folder.
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield path


def describe(header: Header) -> list[tuple[str, str]]:
    """Say what a file holds and how it was made: (what, text) rows."""
    recipe = header.provenance
    synonyms = [repr(phrase) for concept in recipe.concepts for phrase in concept.synonyms]
    numbers = sum(map(math.prod, header.shapes.values()))
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
        ("changes", f"{len(header.shapes)} tensors, {numbers:,} numbers"),
        ("made with", ", ".join(f"{name} {version}" for name, version in recipe.versions.items())),
    ]
