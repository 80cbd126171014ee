"""What several commands share in their options.

ByModel, Optional   values that come from elsewhere unless the user gives them
LoadOptions  how a model is loaded: every command that loads one takes these
prompt_set   prompts and seeds on the command line, or a CSV file -> PromptSet
load_erased  an erased file, and a word where its method is not installed
load_base    the model that an erased file was made from
check_port   refuses a number that no port has
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from tyro.conf import arg

from unsee.commands import console
from unsee.errors import OptionError, UnknownName
from unsee.prompts import PromptSet

if TYPE_CHECKING:
    from unsee.loading import Model
    from unsee.weights.erased import ErasedWeights

T = TypeVar("T")

ByModel = Annotated[T | None, arg(help_behavior_hint="(default: the model's)")]
Optional = Annotated[T | None, arg(help_behavior_hint="(optional)")]


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How a model is loaded, whichever it is."""

    config: Optional[str] = None
    """The architecture of a .safetensors file, where it is not recognised: sd1, sd2, sd2-v, sdxl,
    or a folder or hub id in the format of diffusers."""
    tokenizer: Optional[str] = None
    """A folder with the vocab.json and merges.txt of CLIP, for a .safetensors file."""
    dtype: Optional[str] = None
    """What the model computes in: float32 (the default), or bfloat16 or float16, which take half
    of its memory."""
    device: Optional[str] = None
    """Where to compute; without it, the GPU where there is one."""

    def load(self, name: str) -> "Model":
        """Load the model called `name`."""
        from unsee.loading import load
        from unsee.running.precisions import dtype_of

        return load(
            name,
            config=self.config,
            tokenizer=self.tokenizer,
            device=self.device,
            dtype=None if self.dtype is None else dtype_of(self.dtype),
        )


def prompt_set(prompts: Sequence[str], prompt_file: Path | None, seeds: Sequence[int]) -> PromptSet:
    """Take the prompts, each with every seed, or the rows of the file; not both."""
    if prompt_file is None:
        if not prompts:
            raise OptionError("no prompts; give some, or a CSV file with --prompt-file")
        return PromptSet.cross(prompts, seeds or (0,))
    if prompts or seeds:
        raise OptionError("--prompt-file has prompts and seeds of its own; give no others with it")
    return PromptSet.read_csv(prompt_file)


def load_erased(path: Path) -> "ErasedWeights":
    """Read an erased file; a line on stderr where no method that is installed made it."""
    from unsee.erasing.methods.registry import is_known
    from unsee.weights.erased import ErasedWeights

    erased = ErasedWeights.load(path)
    if not is_known(erased.provenance.method):
        console.note(
            f"{path} was made by method {erased.provenance.method}, which is not installed here; "
            "its weights apply all the same"
        )
    return erased


def load_base(name: str | None, erased: "ErasedWeights | None", options: LoadOptions) -> "Model":
    """Load the model called `name`; without a name, the one that `erased` was made from."""
    if name is not None or erased is None:
        return options.load(name or "emoji")
    base = erased.provenance.base
    try:
        return options.load(base)
    except UnknownName as error:
        raise OptionError(
            f"the erased file was made from {base!r}, which unsee does not find by that name; "
            "say where it lies with --model"
        ) from error


def check_port(port: int, *, lowest: int = 1) -> None:
    """Raise an OptionError unless there is such a port; 0 stands for any that is free."""
    if not lowest <= port <= 65535:
        raise OptionError(f"--port must be between {lowest} and 65535, not {port}")
