"""The habits of the source tree, held by machine."""

import ast
from pathlib import Path

import pytest

import unsee

ROOT = Path(unsee.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
LONGEST = 350
GRAB_BAGS = {"utils", "helpers", "manager", "common", "misc"}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_a_file_is_short_and_opens_with_a_map_of_itself(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    assert ast.get_docstring(ast.parse(text))


def test_no_file_or_folder_is_a_grab_bag():
    names = {part for path in FILES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert not {name for name in names if GRAB_BAGS & set(name.split("_"))}


def test_nothing_pickled_ships():
    assert not [path for path in ROOT.rglob("*") if path.suffix in {".pt", ".pth", ".ckpt", ".pkl"}]
