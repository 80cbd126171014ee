"""The one list of number formats."""

import pytest
import torch

from unsee.erasing.config import MASTERS
from unsee.errors import UnknownName
from unsee.running.precisions import PRECISIONS, dtype_of


def test_each_has_two_names() -> None:
    for short, name in PRECISIONS.items():
        assert dtype_of(short) is dtype_of(name) is getattr(torch, name)
    with pytest.raises(UnknownName, match="unknown dtype 'float'; did you mean 'float32'"):
        dtype_of("float")


def test_the_widest_comes_first_and_what_is_trained_is_among_them() -> None:
    sizes = [dtype_of(name).itemsize for name in PRECISIONS]
    assert sizes == sorted(sizes, reverse=True)
    assert set(MASTERS) <= set(PRECISIONS)
