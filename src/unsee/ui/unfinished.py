"""Erasures that are not finished: what was asked for, and the state to go on from.

Unfinished   the folder `unfinished` among the erased files

    unfinished/ID.safetensors   the state, as unsee.erase keeps it
    unfinished/ID.json          who asked for what: kept from the queue to the finished file

Both outlive the server, however it ends, so that the next one can offer to go on. Whoever reads an
owner's name can act as that visitor: the folder is for the server's own user alone.
"""

import contextlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unsee.errors import OutputError, option
from unsee.running.files import writing

UNFINISHED = "unfinished"
STATE, NOTE = ".safetensors", ".json"

_log = logging.getLogger(__name__)


class Unfinished:
    """The folder of erasures that are not finished; one server at a time has it."""

    def __init__(self, among: Path) -> None:
        """Take the folder inside `among`; an OutputError where another server has it."""
        self.folder = among / UNFINISHED
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o700)
        self._lock = _locked(self.folder)
        self._clean()

    def close(self) -> None:
        """Leave the folder to the next server."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def state_of(self, erasure: str) -> Path:
        """Where the state of an erasure is kept while it is not done."""
        return self.folder / f"{erasure}{STATE}"

    def note(self, erasure: str, request: Mapping[str, Any]) -> None:
        """Write down what was asked for; what is written already stays, and its place in time."""
        path = self.folder / f"{erasure}{NOTE}"
        if path.exists():
            return
        with writing(path) as temporary:
            temporary.write_text(json.dumps(request) + "\n", encoding="utf-8")

    def notes(self) -> dict[str, dict[str, Any]]:
        """Return what was asked for and is not finished, the oldest first, by erasure."""
        requests: dict[str, dict[str, Any]] = {}
        for path in sorted(self.folder.glob(f"*{NOTE}"), key=lambda path: path.stat().st_mtime_ns):
            try:
                requests[path.stem] = dict(json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError) as error:
                _log.warning("%s cannot be read (%s); its erasure is left out", path, error)
        return requests

    def forget(self, erasure: str) -> None:
        """Remove what is kept of an erasure."""
        # In this order: a state without a note is cleaned, a note without a state starts anew.
        (self.folder / f"{erasure}{NOTE}").unlink(missing_ok=True)
        self.state_of(erasure).unlink(missing_ok=True)

    def _clean(self) -> None:
        """Remove what nobody can go on from: states without a note, and files half written."""
        for path in self.folder.iterdir():
            half = path.name.startswith(".") and path.suffix == ".part"
            alone = path.suffix == STATE and not path.with_suffix(NOTE).exists()
            if path.is_file() and (half or alone):
                path.unlink(missing_ok=True)


def _locked(folder: Path) -> int | None:
    """Lock a folder until it is let go of, or the process ends; None where there are no locks."""
    try:
        import fcntl
    except ImportError:
        return None
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise OutputError(
            f"another page is served from {folder.parent}; end that one, or name another "
            f"{option('folder')}"
        ) from error
    except OSError:
        # Some file systems of networks have none.
        with contextlib.suppress(OSError):
            os.close(lock)
        return None
    return lock
