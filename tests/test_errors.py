"""Errors: the tree, and the message for an unknown name."""

import inspect
import pickle
import re
import tokenize
from pathlib import Path

import unsee
from unsee import errors
from unsee.commands import console
from unsee.errors import (
    MissingExtra,
    OptionError,
    UnknownName,
    UnseeError,
    option,
    unknown_name,
)

FRONT_ENDS = {"cli.py", "commands"}


def test_every_error_is_an_unsee_error_and_stands_in_the_drawn_tree() -> None:
    classes = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    own = [kind for kind in classes if kind.__module__ == errors.__name__]
    assert own
    for kind in own:
        assert issubclass(kind, UnseeError)
        assert kind.__name__ in (errors.__doc__ or "")


def test_an_unknown_name_suggests_the_nearest_and_lists_the_choices() -> None:
    error = unknown_name("method", "esdx", ["esd-x", "full"])
    assert isinstance(error, UnknownName)
    assert str(error) == ("unknown method 'esdx'; did you mean 'esd-x'? choose from: esd-x, full")


def test_an_unknown_name_that_resembles_nothing_gets_no_suggestion() -> None:
    error = unknown_name("model", "qqq", ["emoji"], hint="or a folder")
    assert str(error) == "unknown model 'qqq'; choose from: emoji (or a folder)"


def test_a_missing_extra_names_the_install_line() -> None:
    assert str(MissingExtra("the page", "ui")) == (
        "the page needs an extra: pip install 'unsee[ui]'"
    )


def test_each_front_end_writes_the_names_of_options_in_its_own_way() -> None:
    error = OptionError(f"{option('preserve_weight')} must be above 0, not {{preserve_weight}}")
    assert str(error) == "preserve_weight must be above 0, not {preserve_weight}"
    assert repr(error) == f"OptionError({str(error)!r})"
    assert error.written(console.flag) == "--preserve-weight must be above 0, not {preserve_weight}"
    for again in (pickle.loads(pickle.dumps(error)), OptionError(error.message)):
        assert again.written(console.flag) == error.written(console.flag)
    assert str(OptionError()) == ""


def test_the_library_names_options_and_leaves_dashes_to_the_command_line() -> None:
    """Whole command lines, in backticks or after the word unsee, may be spelled anywhere."""
    package = Path(unsee.__file__).parent
    found = []
    for path in package.rglob("*.py"):
        if path.relative_to(package).parts[0] in FRONT_ENDS:
            continue
        with path.open("rb") as file:
            tokens = list(tokenize.tokenize(file.readline))
        for token in tokens:
            if token.type == tokenize.STRING and not token.string.endswith('"""'):
                text = re.sub(r"unsee [a-z]+.*|`[^`]*`", "", token.string)
                if re.search(r"\s--[a-z{]|^f?.--[a-z{]\S+ ", text):
                    found.append(f"{path.relative_to(package)}:{token.start[0]} {token.string}")
    assert found == []
