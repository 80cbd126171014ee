"""What the eye takes in at once: short files, few of them at the root, names that tell."""

import ast
from pathlib import Path

import pytest
from source import FILES, ROOT, name_of, top_names, tree_of

import unsee

LONGEST = 350
"""Lines of a file; the aim is 250."""
AT_THE_ROOT = 8
GRAB_BAGS = {"utils", "helpers", "manager", "common", "misc"}
PACKAGES = [path for path in FILES if path.name == "__init__.py"]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_is_short_and_opens_with_a_map_of_itself(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
    assert ast.get_docstring(tree_of(path))


def test_few_files_lie_at_the_root():
    assert len(list(ROOT.glob("*.py"))) <= AT_THE_ROOT


def test_no_file_or_folder_is_a_grab_bag():
    names = {part for path in FILES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert not {name for name in names if GRAB_BAGS & set(name.split("_"))}


@pytest.mark.parametrize("path", PACKAGES, ids=name_of)
def test_no_module_has_the_name_of_what_its_package_gives_out(path: Path):
    """`package.name` would be the one or the other, by what was imported first."""
    modules = {one.stem for one in path.parent.iterdir() if one.suffix == ".py" or one.is_dir()}
    own = {
        alias.asname or alias.name
        for node in tree_of(path).body
        if isinstance(node, ast.ImportFrom) and node.module == package_name(path)
        for alias in node.names
    }
    names = set(unsee.__all__) if path.parent == ROOT else top_names(tree_of(path)) - own
    assert not modules & names


def test_nothing_pickled_ships():
    assert not [path for path in ROOT.rglob("*") if path.suffix in {".pt", ".pth", ".ckpt", ".pkl"}]


def package_name(path: Path) -> str:
    return ".".join(("unsee", *path.parent.relative_to(ROOT).parts))
