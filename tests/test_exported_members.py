"""The public door: complete, sorted, and light to open."""

import ast
import subprocess
import sys
from pathlib import Path

import unsee


def _homes() -> dict[str, str]:
    """The door's own table: a public name -> the module that has it."""
    tree = ast.parse(Path(unsee.__file__).read_text(encoding="utf-8"))
    (table,) = (ast.literal_eval(node) for node in ast.walk(tree) if isinstance(node, ast.Dict))
    return table


def test_all_is_sorted_and_complete():
    assert unsee.__all__ == sorted(unsee.__all__)
    assert set(unsee.__all__) == set(_homes())
    assert set(unsee.__all__) <= set(dir(unsee))
    for name in unsee.__all__:
        assert getattr(unsee, name) is not None


def test_type_checkers_see_the_same_names_from_the_same_homes():
    tree = ast.parse(Path(unsee.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.asname: node.module.removeprefix("unsee.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unsee.")
        for alias in node.names
    }
    assert seen == _homes()


def test_the_function_wins_over_the_module_of_the_same_name():
    import unsee.erasing.erase
    import unsee.sampling.folder

    assert callable(unsee.erase)
    assert callable(unsee.generate)


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(unsee, "eraser")


def test_the_door_and_the_help_load_no_torch():
    code = (
        "import sys, unsee.cli; unsee.cli.main(['--help']); unsee.PromptSet;"
        "sys.exit('torch' in sys.modules or 'diffusers' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_version_is_the_installed_one():
    assert unsee.__version__.count(".") == 2
