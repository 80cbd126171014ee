"""Every error that a user can cause. Each message is one line and says what to do.

UnseeError
├── UnknownName        a model, method, recipe or column that does not exist; suggests the nearest
├── OptionError        an option out of its range, or two that contradict each other
├── ConceptError       a phrase that the model cannot tell apart from the empty prompt, or too long
├── CheckpointError    a base model, or the state of a stopped run, that cannot be used
├── ErasedFileError    a file that is no erased file, or a damaged one
│   └── WrongBaseError an erased file that belongs to another base model
├── CardError          a model card that is not whole, or a folder with other things in it
├── HubError           the hub cannot be reached, or will not take what is pushed
├── OutputError        a path that exists already or cannot be written
├── MissingExtra       a part of unsee that is not installed
├── Stopped            the user stopped the work; the state is kept where one was asked for
├── OutOfMemory        the device has no more; says which setting to lower
└── NonFiniteLoss      the training diverged

unknown_name   makes an UnknownName out of what was given and what there is
option         the name of an option inside a message: each front end writes it in its own way
"""

import difflib
import re
from collections.abc import Callable, Iterable
from pathlib import Path

# Nobody types these: they are of Unicode's private use.
_OPEN, _CLOSE = "\ue000", "\ue001"
_OPTION = re.compile(f"{_OPEN}([a-z][a-z0-9_]*){_CLOSE}")


def option(name: str) -> str:
    """Name an option inside the message of an error.

    f"{option('preserve_weight')} must be above 0"

    As text, it reads "preserve_weight must be above 0"; `UnseeError.written` puts what a command
    line or a page calls the option in its place.
    """
    return f"{_OPEN}{name}{_CLOSE}"


class UnseeError(Exception):
    """Something that the user can mend; the message says how."""

    def __str__(self) -> str:
        return self.written(str)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def written(self, name_of: Callable[[str], str]) -> str:
        """Write the message with each option as `name_of` calls it."""
        return _OPTION.sub(lambda marked: name_of(marked[1]), self.message)

    @property
    def message(self) -> str:
        """The message with its options marked: to make the message of another error of it."""
        return str(self.args[0]) if self.args else ""


class UnknownName(UnseeError):
    """A name that is not among the choices."""


class OptionError(UnseeError):
    """An option whose value makes no sense."""


class ConceptError(UnseeError):
    """A concept that cannot be erased because the model does not read it as one."""


class CheckpointError(UnseeError):
    """A base model, or the saved state of a run, that cannot be used."""


class ErasedFileError(UnseeError):
    """A file that is not an erased file, or not a whole one."""


class WrongBaseError(ErasedFileError):
    """An erased file that was made from another base model."""


class CardError(UnseeError):
    """A model card that is not whole, or has other things beside it."""


class HubError(UnseeError):
    """The hub cannot be reached, or refuses what is asked of it."""


class OutputError(UnseeError):
    """A path that must not or cannot be written."""


class MissingExtra(UnseeError):
    """An optional part that is not installed."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an extra: pip install 'unsee[{extra}]'")


class Stopped(UnseeError):
    """The user stopped the work between two steps."""

    def __init__(self, message: str, checkpoint: Path | None = None) -> None:
        super().__init__(message)
        self.checkpoint = checkpoint
        """Where the state lies that the same call continues from, if it was kept."""


class OutOfMemory(UnseeError):
    """The device has less memory than the settings need."""


class NonFiniteLoss(UnseeError):
    """The loss, or a trained weight, is no longer a finite number."""


def unknown_name(kind: str, name: str, choices: Iterable[str], *, hint: str = "") -> UnknownName:
    """Say that `name` is no `kind`, suggest the nearest choice, list all of them."""
    choices = list(choices)
    nearest = difflib.get_close_matches(name, choices, n=1)
    suggestion = f"; did you mean {nearest[0]!r}?" if nearest else ";"
    also = f" ({hint})" if hint else ""
    return UnknownName(
        f"unknown {kind} {name!r}{suggestion} choose from: {', '.join(choices)}{also}"
    )
