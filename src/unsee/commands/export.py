"""`unsee export`: an erased file in, a model or a LoRA that other tools load out."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import Positional

from unsee.commands import console
from unsee.commands.options import LoadOptions, Optional, load_base, load_erased
from unsee.errors import OptionError, unknown_name

if TYPE_CHECKING:
    from unsee.exporting import Exported


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
    from unsee import exporting as formats
    from unsee.exporting.folder import check_folder
    from unsee.running.files import check_output

    if options.to not in formats.FORMATS:
        raise unknown_name("format", options.to, formats.FORMATS)
    factors = options.to in ("lora", "lora-kohya")
    if options.rank is not None and not factors:
        raise OptionError(f"--rank is for lora and lora-kohya; --to {options.to} holds all")
    if options.to == "diffusers":
        check_folder(options.out.resolve(), overwrite=options.overwrite)
    else:
        if options.out.suffix != ".safetensors":
            raise OptionError(
                f"--to {options.to} makes a .safetensors file; "
                f"give --out a name that ends so, not {options.out}"
            )
        check_output(options.out, overwrite=options.overwrite)
    erased = load_erased(options.file)
    model = load_base(options.model, erased, options)
    if factors:
        write = formats.to_lora if options.to == "lora" else formats.to_lora_kohya
        made = write(erased, model, options.out, rank=options.rank, overwrite=options.overwrite)
    else:
        whole = formats.to_diffusers if options.to == "diffusers" else formats.to_checkpoint
        made = whole(erased, model, options.out, overwrite=options.overwrite)
    _report(options, made)


def _report(options: ExportOptions, made: "Exported") -> None:
    from unsee.exporting import FORMATS

    what = "the erased model" if made.rank is None else "the edit"
    console.say(f"{what} is {options.out}: {FORMATS[options.to]}")
    if made.rank is None:
        return
    console.say(f"rank {made.rank}, which keeps {made.kept:.1%} of the edit (squared norm)")
    if made.left_out:
        console.say(
            f"not in it: {len(made.left_out)} biases and norms, such as {made.left_out[0]}; "
            "--to diffusers or --to checkpoint holds all"
        )
    if made.wanted is not None:
        console.say(
            f"pictures will differ from the erased model's; --rank {made.wanted} would be close"
        )
