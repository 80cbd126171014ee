"""The file of erased weights: safetensors, with the provenance as its only metadata.

Header       provenance and shapes, without the tensors
read         a file -> provenance and tensors, as they were written
metadata     provenance -> what stands in the file's header
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from unsee.errors import ConceptError, ErasedFileError
from unsee.weights.provenance import Provenance

_KEY = "unsee"
_NO_PROVENANCE = (ValueError, KeyError, TypeError, AttributeError, ConceptError)


@dataclass(frozen=True)
class Header:
    """What an erased file says of itself, without its tensors."""

    provenance: Provenance
    shapes: Mapping[str, tuple[int, ...]]
    """Of each tensor in the file, by its name."""

    @classmethod
    def read(cls, path: str | Path) -> "Header":
        """Read the header of a file; an ErasedFileError if it is not an erased one."""
        path = Path(path)
        with _opened(path) as file:
            provenance = _provenance(path, file)
            names = sorted(file.keys())
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in names}
            return cls(provenance, shapes)


def read(path: Path) -> tuple[Provenance, dict[str, Tensor]]:
    """Read a file; an ErasedFileError if it is not an erased one, or not whole."""
    with _opened(path) as file:
        provenance = _provenance(path, file)
        tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
    return provenance, tensors


def metadata(provenance: Provenance) -> dict[str, str]:
    """What stands in the file's header: one key only, safetensors promises no order of several."""
    return {_KEY: provenance.to_json()}


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a safetensors file; an ErasedFileError if it is none, or not whole."""
    if not path.is_file():
        raise ErasedFileError(f"there is no file {path}; `unsee erase` makes one")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError) as error:
        raise ErasedFileError(f"cannot read {path}: {_what_it_is(path, error)}") from error


def _provenance(path: Path, file: Any) -> Provenance:
    header = (file.metadata() or {}).get(_KEY)
    if header is None:
        raise ErasedFileError(
            f"{path} is a safetensors file, but not one that unsee wrote; "
            "give a file that `unsee erase` made"
        )
    try:
        return Provenance.from_json(header)
    except _NO_PROVENANCE as error:
        raise ErasedFileError(
            f"{path} has a header that this version of unsee cannot read ({error}); "
            "erase again, or use the version that wrote it"
        ) from error


def _what_it_is(path: Path, error: Exception) -> str:
    with contextlib.suppress(OSError), path.open("rb") as file:
        # A zip archive (torch.save) or a bare pickle stream.
        if file.read(2) in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
            return "it is a pickle, which can run code, and unsee loads none; give a .safetensors"
    return f"it is truncated or no safetensors file ({error}); copy it or make it again"
