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
    from unsee.denoisers.base import Denoiser as Denoiser
    from unsee.denoisers.condition import Condition as Condition
    from unsee.erasing.config import EraseConfig as EraseConfig
    from unsee.erasing.erase import erase as erase
    from unsee.erasing.methods.base import EraseStep as EraseStep
    from unsee.errors import Stopped as Stopped
    from unsee.errors import UnseeError as UnseeError
    from unsee.exporting.formats import export as export
    from unsee.loading import load as load
    from unsee.pictures.compare import compare as compare
    from unsee.prompts import PromptSet as PromptSet
    from unsee.sampling.draw import generate as generate
    from unsee.weights.erased import ErasedWeights as ErasedWeights
    from unsee.weights.erased import apply as apply

_HOME = {
    "Concept": "concepts",
    "Condition": "denoisers.condition",
    "Denoiser": "denoisers.base",
    "EraseConfig": "erasing.config",
    "EraseStep": "erasing.methods.base",
    "ErasedWeights": "weights.erased",
    "PromptSet": "prompts",
    "Stopped": "errors",
    "UnseeError": "errors",
    "apply": "weights.erased",
    "compare": "pictures.compare",
    "erase": "erasing.erase",
    "export": "exporting.formats",
    "generate": "sampling.draw",
    "load": "loading",
}
"""Public name -> the module that has it; no module of this package bears one of them."""

__all__ = [
    "Concept",
    "Condition",
    "Denoiser",
    "EraseConfig",
    "EraseStep",
    "ErasedWeights",
    "PromptSet",
    "Stopped",
    "UnseeError",
    "apply",
    "compare",
    "erase",
    "export",
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
