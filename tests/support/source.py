"""The source of the package, as the tests of habits read it.

ROOT       the folder of the package
FILES      its modules
name_of    a module -> its path from there
tree_of    a module, parsed
package_of a module -> the package that it belongs to
top_names  what a module defines or imports at its top
imports    who imports whom, whatever stands between them and the top of the file
"""

import ast
from functools import cache
from pathlib import Path

import unsee

ROOT = Path(unsee.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def package_of(path: Path) -> str:
    """The package of a module: that of `erasing/methods/esd.py` is `erasing`."""
    parts = path.relative_to(ROOT).parts
    return parts[0] if len(parts) > 1 else ""


def top_names(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    nodes: list[ast.AST] = list(tree.body)
    while nodes:
        node = nodes.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name for alias in aliases}
            case ast.Assign(targets=targets):
                names |= {
                    one.id
                    for target in targets
                    for one in ast.walk(target)
                    if isinstance(one, ast.Name)
                }
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.If() | ast.Try() | ast.With():
                nodes += ast.iter_child_nodes(node)
    return names


@cache
def imports() -> dict[str, set[str]]:
    """Module -> the modules of the package that it imports, those inside functions too.

    A package that is imported for a name in it counts as its `__init__`; what is imported for
    types alone counts as well: a circle of those is a circle.
    """
    modules = {_module(path): path for path in FILES}
    found: dict[str, set[str]] = {module: set() for module in modules}
    for module, path in modules.items():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Import):
                found[module] |= {alias.name for alias in node.names if alias.name in modules}
            elif isinstance(node, ast.ImportFrom) and node.module in modules:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    found[module].add(inner if inner in modules else node.module)
    # The door imports everything, each name when it is first asked for.
    found["unsee"] = set()
    return found


def _module(path: Path) -> str:
    parts = ("unsee", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
