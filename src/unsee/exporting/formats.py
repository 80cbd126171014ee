"""What erased weights can be exported to, by name.

FORMATS        name -> what it is
export         erased weights, in one of the formats
check_export   before long work: can this be meant, and be written?
"""

from pathlib import Path

from unsee.errors import OptionError, option, unknown_name
from unsee.exporting.checkpoint import to_checkpoint
from unsee.exporting.folder import check_folder, to_diffusers
from unsee.exporting.lora import to_lora, to_lora_kohya
from unsee.exporting.source import Export
from unsee.loading import Model
from unsee.running.files import check_output
from unsee.weights.erased import ErasedWeights

FORMATS = {
    "diffusers": "a folder for from_pretrained",
    "checkpoint": "one file for from_single_file, WebUI and ComfyUI",
    "lora": "low-rank factors for load_lora_weights",
    "lora-kohya": "low-rank factors under the names that WebUI and ComfyUI know too",
}
_WHOLE = {"diffusers": to_diffusers, "checkpoint": to_checkpoint}
_FACTORS = {"lora": to_lora, "lora-kohya": to_lora_kohya}


def export(
    erased: ErasedWeights | str | Path,
    model: Model,
    to: str,
    out: str | Path,
    *,
    rank: int | None = None,
    overwrite: bool = False,
) -> Export:
    """Write erased weights in a format that other tools load, whole or not at all.

    export(erased, model, "diffusers", "folder")              the whole erased model
    export(erased, model, "checkpoint", "model.safetensors")  the same, as one file
    export(erased, model, "lora", "lora.safetensors")         the edit as low-rank factors

    `model` is the base that the weights were made from; `rank` is for factors, and 32 without it.

    Raises:
        UnknownName: `to` is no key of FORMATS.
        OptionError: a rank for a format that holds all, or a name that no such file has.
        WrongBaseError: the weights belong to another model.
        OutputError: `out` exists, or cannot be written.
    """
    check_export(to, out, rank=rank, overwrite=overwrite)
    weights = erased if isinstance(erased, ErasedWeights) else ErasedWeights.load(erased)
    if to in _FACTORS:
        return _FACTORS[to](weights, model, out, rank=rank, overwrite=overwrite)
    return _WHOLE[to](weights, model, out, overwrite=overwrite)


def check_export(
    to: str, out: str | Path, *, rank: int | None = None, overwrite: bool = False
) -> None:
    """Raise what `export` raises of its settings and of where it is to write."""
    path = Path(out)
    if to not in FORMATS:
        raise unknown_name("format", to, FORMATS)
    if rank is not None and to not in _FACTORS:
        raise OptionError(
            f"{option('rank')} is for {' and '.join(_FACTORS)}; {option('to')} {to} holds all"
        )
    if to == "diffusers":
        check_folder(path.resolve(), overwrite=overwrite)
        return
    if path.suffix != ".safetensors":
        raise OptionError(
            f"{option('to')} {to} makes a .safetensors file; give {option('out')} a name that "
            f"ends so, not {out}"
        )
    check_output(path, overwrite=overwrite)
