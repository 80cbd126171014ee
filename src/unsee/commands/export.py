"""`unsee export`: an erased file in, a model or a LoRA that other tools load out."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import Positional

from unsee.commands import console
from unsee.commands.options import LoadOptions, Optional, load_base, load_erased

if TYPE_CHECKING:
    from unsee.exporting.source import Export


@dataclass(frozen=True)
class ExportOptions(LoadOptions):
    """What `unsee export` takes."""

    file: Positional[Path]
    """An erased file."""
    to: str
    """diffusers (a folder), checkpoint (one file), lora or lora-kohya (low-rank factors)."""
    out: Path
    """The folder or file to write."""
    model: Optional[str] = None
    """The model; without it, the one that the file was made from."""
    rank: Optional[int] = None
    """Of low-rank factors: the higher, the more of the edit they hold; without it, 32."""
    overwrite: bool = False
    """Replace what is there."""


def export(options: ExportOptions) -> None:
    """Write an erased model, or the edit as a LoRA, in a format that other tools load."""
    from unsee.exporting import formats

    formats.check_export(options.to, options.out, rank=options.rank, overwrite=options.overwrite)
    erased = load_erased(options.file)
    model = load_base(options.model, erased, options)
    exported = formats.export(
        erased, model, options.to, options.out, rank=options.rank, overwrite=options.overwrite
    )
    _report(options, exported)


def _report(options: ExportOptions, exported: "Export") -> None:
    from unsee.exporting.formats import FORMATS

    what = "the erased model" if exported.rank is None else "the edit"
    console.say(f"{what} is {options.out}: {FORMATS[options.to]}")
    if exported.rank is None:
        return
    console.say(
        f"rank {exported.rank}, which keeps {exported.share:.1%} of the edit (squared norm)"
    )
    if exported.left_out:
        example = exported.left_out[0]
        console.say(
            f"not in it: {len(exported.left_out)} biases and norms, such as {example}; "
            "--to diffusers or --to checkpoint holds all"
        )
    if exported.better_rank is not None:
        console.say(
            "pictures will differ from the erased model's; "
            f"--rank {exported.better_rank} would be close"
        )
