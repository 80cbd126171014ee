"""Errors: the tree, and the message for an unknown name."""

import inspect

from unsee import errors
from unsee.errors import MissingExtra, UnknownName, UnseeError, unknown_name


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
