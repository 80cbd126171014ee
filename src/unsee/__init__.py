"""Erase concepts from the weights of text-to-image diffusion models.

    model = unsee.load("emoji")
    erased = unsee.erase(model, "twemoji")
    erased.save("twemoji.safetensors")
    with erased.applied(model):
        picture = model.generate("cat in the style of twemoji", seed=0)

This is the whole public door. A name is imported when it is first asked for, so that the
command line can answer `--help` without loading torch.
"""

import importlib
import importlib.metadata
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unsee.concepts import Concept as Concept
    from unsee.config import EraseConfig as EraseConfig
    from unsee.erase import EraseStep as EraseStep
    from unsee.erase import erase as erase
    from unsee.errors import UnseeError as UnseeError
    from unsee.generate import generate as generate
    from unsee.loading import load as load
    from unsee.prompts import PromptSet as PromptSet
    from unsee.weights import ErasedWeights as ErasedWeights
    from unsee.weights import apply as apply

_HOME = {
    "Concept": "concepts",
    "EraseConfig": "config",
    "EraseStep": "erase",
    "ErasedWeights": "weights",
    "PromptSet": "prompts",
    "UnseeError": "errors",
    "apply": "weights",
    "erase": "erase",
    "generate": "generate",
    "load": "loading",
}

__all__ = [
    "Concept",
    "EraseConfig",
    "EraseStep",
    "ErasedWeights",
    "PromptSet",
    "UnseeError",
    "apply",
    "erase",
    "generate",
    "load",
]


class _Door(ModuleType):
    """This package as a module whose functions win over the modules of the same name.

    Importing `unsee.erase` would otherwise bind the module where the door has the function.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return importlib.metadata.version("unsee")
        if name not in _HOME:
            raise AttributeError(f"module 'unsee' has no attribute {name!r}")
        value = getattr(importlib.import_module(f"unsee.{_HOME[name]}"), name)
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Door
