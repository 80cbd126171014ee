"""`unsee list`: the names that other commands take."""

import textwrap
from dataclasses import dataclass

from tyro.conf import Positional

from unsee.commands import console
from unsee.errors import unknown_name


@dataclass(frozen=True)
class ListOptions:
    """What `unsee list` takes."""

    kind: Positional[str] = "concepts"
    """What to list: concepts (that emoji knows), methods, recipes or models."""


def list_names(options: ListOptions) -> None:
    """List what emoji knows, or the methods, recipes and models there are."""
    kinds = {
        "concepts": _concepts,
        "methods": _methods,
        "recipes": _recipes,
        "models": _models,
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
    from unsee.erasing.config import PARAMETERS

    for name, help_line in PARAMETERS.items():
        console.say(f"{name:<14}{help_line}")


def _recipes() -> None:
    from unsee.erasing.config import EraseConfig
    from unsee.erasing.recipe import RECIPES

    for name in RECIPES:
        config = EraseConfig.from_recipe(name)
        console.say(
            f"{name:<14}{config.method}, eta {config.eta:g}, {config.steps} steps, "
            f"lr {config.lr:g}, latents from the {config.source} model"
        )


def _models() -> None:
    from unsee.loading import MODELS

    for name in MODELS:
        console.say(name)
    console.say("or a folder in the diffusers format, a .safetensors file, or a hub id")
