"""The methods there are, and the config of an erasure from what a user gave.

METHODS        name -> Method
fault_of       why a method cannot bear a name
method_names   every name that may stand where a method is named
full_names     each method and choice of parameters once
config_of      a name -> the class of its settings
full_name      esd-selfattn for selfattn: what erased files call it
configured     a recipe and settings -> the config of whichever method they name
check_given    what can be said of settings before the model, and its recipe, are loaded
recorded       the header of an erased file -> a config
as_written_now   the same, of any version, as this version spells it
name_of        the name of the method in it
is_known       whether that method is installed
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from unsee.erasing.config import EraseConfig
from unsee.erasing.methods.base import Method, MethodConfig
from unsee.erasing.recipe import read_recipe
from unsee.erasing.settings import settings_of
from unsee.errors import OptionError, UnknownName, unknown_name
from unsee.running.registry import Registry


def fault_of(name: str, method: Method) -> str:
    """Why a method cannot bear a name."""
    if name in EraseConfig.names_of_method():
        return "unsee has one of that name"
    own = settings_of(method.config)["method"].default
    return "" if own == name else f"its settings are of method {own!r}"


METHODS: Registry[Method] = Registry(
    "method",
    "unsee.methods",
    {"esd": "unsee.erasing.methods.esd:ESD"},
    expects=Method,
    check=fault_of,
)
DEFAULT = "esd"


def method_names() -> tuple[str, ...]:
    """List every name that may stand where a method is named: esd-u too."""
    names = [name for method in METHODS for name in METHODS.get(method).config.names_of_method()]
    return tuple(dict.fromkeys(names))


def full_names() -> tuple[str, ...]:
    """List every method by the name that it is printed by, with each choice of parameters."""
    return tuple(dict.fromkeys(map(full_name, method_names())))


def config_of(name: str) -> type[MethodConfig]:
    """Find the settings of a method by any of its names; raises UnknownName."""
    if name in EraseConfig.names_of_method():
        return EraseConfig
    if name in METHODS:
        return METHODS.get(name).config
    raise unknown_name("method", name, method_names())


def full_name(name: str) -> str:
    """Return the name that a method is printed by, whichever of its names is given."""
    return config_of(name)(method=name).name


def configured(
    recipe: str | Path | None, models: str | Path, settings: Mapping[str, Any]
) -> MethodConfig:
    """Make the config of the method that `settings` or the recipe names.

    recipe     what the user named, if anything
    models     the recipe that the model comes with; where it is for another method than the user
               named, the defaults of that method stand in its place
    settings   what counts more than the recipe; None leaves a setting to it
    """
    chosen = read_recipe(recipe or models)
    own = config_of(str(chosen.settings.get("method", DEFAULT)))
    wanted = own if settings.get("method") is None else config_of(settings["method"])
    if recipe is None and wanted is not own:
        return wanted(**wanted.given(settings))
    return wanted.from_recipe(recipe or models, **settings)


def check_given(recipe: str | Path | None, settings: Mapping[str, Any]) -> None:
    """Refuse what cannot be meant, whatever model is loaded; as `configured` will.

    Without a recipe, the model's own will count, which is not known yet: settings are then held
    against each other alone.
    """
    if recipe is not None:
        configured(recipe, recipe, settings)
    else:
        config_of(settings.get("method") or DEFAULT).check_given(**settings)


def recorded(config: Mapping[str, Any]) -> MethodConfig:
    """Make the config that the header of an erased file says; raises UnknownName, OptionError."""
    return config_of(str(config.get("method"))).from_provenance(config)


def as_written_now(config: Mapping[str, Any]) -> dict[str, Any]:
    """Spell the settings that a file of any version recorded as this version does, as JSON has it.

    Those of a method that is not installed, or of a later version, stay as they are.
    """
    try:
        spelled = asdict(recorded(config))
    except (UnknownName, OptionError):
        spelled = dict(config)
    as_json: dict[str, Any] = json.loads(json.dumps(spelled))
    return as_json


def name_of(config: Mapping[str, Any]) -> str:
    """Name the method, and its parameters, of settings that a file of any version recorded."""
    now = as_written_now(config)
    return "-".join(str(now[key]) for key in ("method", "parameters") if key in now)


def is_known(name: str) -> bool:
    """Whether the method that a file names, with its parameters or without, is installed."""
    known = (*full_names(), *method_names())
    return name in known or any(name.startswith(f"{method}-") for method in METHODS)
