"""No circle of imports, not even a small one; no reaching into what another package keeps private.

The order of the packages is held by import-linter (pyproject.toml).
"""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from source import FILES, ROOT, imports, name_of, package_of, tree_of

TESTS = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT.parents[1] / "benchmarks").rglob("*.py"))
READERS = [*FILES, *sorted(TESTS.rglob("*.py")), *SCRIPTS]
OFFENDERS = {("benchmarks/engine/milliseconds.py", "_sample")}
"""(file, name) that still reaches in. An entry that is not needed any more fails, too."""
PATCHES = ("setattr", "delattr", "getattr", "patch")


def test_no_module_imports_itself_by_way_of_others():
    try:
        graphlib.TopologicalSorter(imports()).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" is imported by ".join(error.args[1]))


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def keeps(tree: ast.Module) -> Iterator[str]:
    """Private names that a file gives to something."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name


def reaches(tree: ast.Module) -> Iterator[str]:
    """Private names that a file takes from something that is not `self`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                pass
            case ast.Attribute(attr=name):
                yield name
            case ast.ImportFrom(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.Call(func=ast.Attribute(attr=call) | ast.Name(id=call), args=args):
                if call in PATCHES:
                    for one in args[:2]:
                        if isinstance(one, ast.Constant) and isinstance(one.value, str):
                            yield one.value.rpartition(".")[2]


PRIVATE: dict[str, set[str]] = {}
for _path in FILES:
    PRIVATE.setdefault(package_of(_path), set()).update(filter(is_private, keeps(tree_of(_path))))


def label(path: Path) -> str:
    return name_of(path) if path in FILES else path.relative_to(TESTS.parent).as_posix()


def strangers(path: Path) -> set[str]:
    """Private names of other packages of unsee that a file uses."""
    own = PRIVATE[package_of(path)] if path in FILES else set(keeps(tree_of(path)))
    others = set().union(*PRIVATE.values()) - own
    return others & set(reaches(tree_of(path)))


@pytest.mark.parametrize("path", READERS, ids=label)
def test_no_private_name_of_another_package_is_used(path: Path):
    known = {name for file, name in OFFENDERS if file == label(path)}
    assert strangers(path) == known


def test_reaching_in_is_noticed():
    tree = ast.parse("model._a\nself._b\nfrom x import _c\nmonkeypatch.setattr('unsee.y._d', 1)")
    assert set(filter(is_private, reaches(tree))) == {"_a", "_c", "_d"}
