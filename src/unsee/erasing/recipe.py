"""Recipes: TOML files of settings.

RECIPES       names of those that ship with unsee, in the folder recipes/
Recipe        what a file says: settings at the top, and tables for single methods
read_recipe   one that ships, or a file of the user's

    method = "esd"
    parameters = "x"
    lr = 3e-4
    [esd-u]
    lr = 5e-5

The table [esd-u] says what is different when that method is used.
"""

import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unsee.errors import OptionError, unknown_name

_FOLDER = importlib.resources.files("unsee.erasing") / "recipes"
RECIPES = tuple(
    sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if ".toml" in file.name)
)


@dataclass(frozen=True)
class Recipe:
    """What a recipe says; whether its names and values can be meant, the method's config knows."""

    name: str
    """As the user gave it."""
    settings: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, Any]]
    """The name of a method -> settings that count when it is used."""


def read_recipe(recipe: str | Path) -> Recipe:
    """Read a recipe that ships with unsee, or a .toml file."""
    text = _text(str(recipe))
    try:
        record = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"recipe {recipe} is not valid TOML: {error}") from error
    tables = {name: table for name, table in record.items() if isinstance(table, dict)}
    settings = {name: value for name, value in record.items() if name not in tables}
    return Recipe(str(recipe), settings, tables)


def _text(recipe: str) -> str:
    if recipe in RECIPES:
        return (_FOLDER / f"{recipe}.toml").read_text(encoding="utf-8")
    path = Path(recipe)
    if path.suffix != ".toml":
        raise unknown_name("recipe", recipe, RECIPES, hint="or a .toml file of your own")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"cannot read the recipe {path}: {error}") from error
