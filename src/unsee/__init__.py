"""Erase concepts from the weights of text-to-image diffusion models.

    model = unsee.load("emoji")
    erased = unsee.erase(model, "twemoji")
    erased.save("twemoji.safetensors")
    with erased.applied(model):
        picture = model.generate("cat in the style of twemoji", 0)

This is the whole public door. A name is imported when it is first asked for, so that the
command line can answer `--help` without loading torch.
"""

import importlib
import importlib.metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unsee.concepts import Concept as Concept
    from unsee.erasing.config import EraseConfig as EraseConfig
    from unsee.erasing.erase import erase as erase
    from unsee.erasing.methods.base import EraseStep as EraseStep
    from unsee.errors import UnseeError as UnseeError
    from unsee.loading import load as load
    from unsee.prompts import PromptSet as PromptSet
    from unsee.sampling.draw import generate as generate
    from unsee.weights.erased import ErasedWeights as ErasedWeights
    from unsee.weights.erased import apply as apply

_HOME = {
    "Concept": "concepts",
    "EraseConfig": "erasing.config",
    "EraseStep": "erasing.methods.base",
    "ErasedWeights": "weights.erased",
    "PromptSet": "prompts",
    "UnseeError": "errors",
    "apply": "weights.erased",
    "erase": "erasing.erase",
    "generate": "sampling.draw",
    "load": "loading",
}
"""Public name -> the module that has it; no module of this package bears one of them."""

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


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.metadata.version("unsee")
    if name not in _HOME:
        raise AttributeError(f"module 'unsee' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"unsee.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
