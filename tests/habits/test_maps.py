"""Docstrings that map a package or a module are true."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from source import FILES, ROOT, name_of, top_names, tree_of

ENTRY = re.compile(r"( *)(`?[A-Za-z_][\w.]*[/`]?(?:, `?[A-Za-z_][\w.]*[/`]?)*) {2,}\S")
"""A line of a map: names, at least two blanks, what they are."""
PACKAGES = [path for path in FILES if path.name == "__init__.py" and path.parent != ROOT]
CONTRIBUTING = ROOT.parents[1] / "CONTRIBUTING.md"


def entries(docstring: str) -> Iterator[tuple[str, bool]]:
    """Names of a map, and whether the line is indented."""
    for line in docstring.splitlines()[1:]:
        if entry := ENTRY.match(line):
            for name in entry[2].split(", "):
                yield name.strip("`"), bool(entry[1])


def is_file(name: str) -> bool:
    return name.endswith((".py", "/"))


def inside(folder: Path) -> set[str]:
    """Modules and packages of a folder, as maps write them."""
    modules = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    return modules | {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}


@pytest.mark.parametrize("path", PACKAGES, ids=name_of)
def test_a_package_lists_its_modules_each_once_and_nothing_else(path: Path):
    docstring = ast.get_docstring(tree_of(path), clean=False) or ""
    listed = [name for name, _ in entries(docstring) if is_file(name)]
    modules = inside(path.parent)
    assert sorted(name for name in listed if name in modules) == sorted(modules)
    assert all((path.parent / name).exists() for name in listed)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_names_only_what_is_in_it(path: Path):
    docstring = ast.get_docstring(tree_of(path), clean=False) or ""
    names = top_names(tree_of(path))
    for name, indented in entries(docstring):
        if is_file(name):
            assert (path.parent / name).exists(), name
        elif not indented:
            assert name in names


def test_where_things_go_shows_the_tree_as_it_is():
    """The tree in CONTRIBUTING.md: every package, and every file at the root."""
    (tree,) = re.findall(
        r"```text\nsrc/unsee/\n(.*?)```", CONTRIBUTING.read_text("utf-8"), re.DOTALL
    )
    listed = [name for line in tree.splitlines() for name in line[2:20].replace(",", " ").split()]
    assert sorted(listed) == sorted(inside(ROOT) | {"__init__.py"})


def test_a_map_is_read_as_it_is_written():
    text = "Title\n\na, `b`   both\nc.py   a file\n    /d   no name\n    e   in\n"
    names = [("a", False), ("b", False), ("c.py", False), ("e", True)]
    assert list(entries(text)) == names
