"""`unsee list`: the names that other commands take."""

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tyro.conf import Positional

from unsee.commands import console
from unsee.errors import unknown_name

if TYPE_CHECKING:
    from unsee.running.registry import Registry


@dataclass(frozen=True)
class ListOptions:
    """What `unsee list` takes."""

    kind: Positional[str] = "concepts"
    """What to list: concepts (that emoji knows), methods, parameters, settings, recipes, models,
    families, attacks, experiments or evaluators."""


def list_names(options: ListOptions) -> None:
    """List what emoji knows, or the methods, recipes, models and so on that there are."""
    kinds = {
        "concepts": _concepts,
        "methods": _methods,
        "parameters": _parameters,
        "settings": _settings,
        "recipes": _recipes,
        "models": _models,
        "families": _families,
        "attacks": _attacks,
        "experiments": _experiments,
        "evaluators": _evaluators,
    }
    if options.kind not in kinds:
        raise unknown_name("kind of name", options.kind, kinds)
    kinds[options.kind]()


def _concepts() -> None:
    from unsee.emoji.atlas import concepts

    for kind, names in concepts().items():
        console.say(f"{kind}:")
        console.say(
            textwrap.fill(", ".join(names), 88, initial_indent="  ", subsequent_indent="  ")
        )


def _methods() -> None:
    from unsee.erasing.methods.registry import METHODS

    _registered(METHODS)
    for name in METHODS:
        short = METHODS.get(name).config.short_names
        if short:
            console.say(f"{name} with its parameters: {', '.join(short)}")


def _parameters() -> None:
    from unsee.erasing.config import PARAMETERS

    for name, help_line in PARAMETERS.items():
        console.say(f"{name:<14}{help_line}")


def _settings() -> None:
    from unsee.erasing.methods.registry import METHODS
    from unsee.erasing.settings import explained

    for name in METHODS:
        console.say(f"{name}:")
        for line in explained(METHODS.get(name).config):
            console.say(f"  {line}")


def _recipes() -> None:
    from unsee.erasing.config import EraseConfig
    from unsee.erasing.recipe import RECIPES

    for name in RECIPES:
        config = EraseConfig.from_recipe(name)
        console.say(
            f"{name:<14}{config.name}, eta {config.eta:g}, {config.steps} steps, "
            f"lr {config.lr:g}, latents from the {config.source} model"
        )


def _models() -> None:
    from unsee.loading import MODELS

    for name in MODELS:
        console.say(name)
    console.say("or a folder in the diffusers format, a .safetensors file, or a hub id")


def _families() -> None:
    from unsee.loading.families import FAMILIES

    _registered(FAMILIES)


def _attacks() -> None:
    from unsee.attacks.registry import ATTACKS

    _registered(ATTACKS)


def _experiments() -> None:
    from unsee.benchmarks.experiments import EXPERIMENTS

    _registered(EXPERIMENTS)


def _evaluators() -> None:
    from unsee.benchmarks.worlds.evaluators import EVALUATORS

    _registered(EVALUATORS)


def _registered(registry: "Registry[Any]") -> None:
    names = registry.names()
    if not names:
        console.say(f"none; a package brings one by the entry point {registry.group}")
    width = max([12, *map(len, names)]) + 2
    for name in names:
        console.say(f"{name:<{width}}{registry.describe(name)}")
