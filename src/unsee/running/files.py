"""Output files appear whole or not at all.

check_output   before long work: may this path be written? Refuses what exists, unless told
writing        a temporary path beside the target, which becomes the target when the block ends well
cannot_write   what is said where the system does not let us
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from safetensors import SafetensorError

from unsee.errors import OutputError, option


def check_output(path: Path, *, overwrite: bool = False) -> None:
    """Raise an OutputError, before any work is spent, where `path` cannot be written."""
    try:
        # Even to ask can fail: a name can be too long.
        if path.is_dir():
            raise OutputError(f"{path} is a folder; name a file in it, such as {path / 'NAME'}")
        if path.exists() and not overwrite:
            raise OutputError(
                f"{path} exists; choose another name, or allow it with {option('overwrite')}"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        # Permission bits do not tell of read-only mounts or of quotas: try it.
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise cannot_write(path, error) from error


@contextlib.contextmanager
def writing(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; rename it to `path` at the end.

    If the block fails, or is interrupted, nothing is left behind.
    """
    check_output(path, overwrite=overwrite)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        _make_readable(temporary)
        temporary.replace(path)
    # Of what safetensors cannot write, it has an error of its own.
    except (OSError, SafetensorError) as error:
        raise cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _make_readable(path: Path) -> None:
    """Give a file the permissions of any new one: safetensors writes for its owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    if path.is_file():
        path.chmod(0o666 & ~mask)


def cannot_write(path: Path, error: OSError | SafetensorError) -> OutputError:
    """Make the error to raise: it names the path and the system's reason."""
    reason = getattr(error, "strerror", None) or error
    return OutputError(f"cannot write {path}: {reason}; choose a folder that you may write to")
