"""A whole model in the diffusers format: the base's folder with the erased weights in its U-Net.

to_diffusers     write the folder
writing_folder   a temporary folder beside the target, which takes its place when all went well

What is copied is what `StableDiffusionPipeline.from_pretrained` reads, and the base's licence.
Pickles are not; a part that is there only as a pickle, as the safety checker may be, is struck
off the folder's table of contents.
"""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from safetensors import SafetensorError

from unsee.errors import OptionError, OutputError, option
from unsee.exporting.source import (
    Export,
    base_of,
    erased_unet,
    part_files,
    parts,
    read_tensors,
    save,
)
from unsee.loading import Model
from unsee.loading.folder import DEFAULTS_FILE, INDEX, read_index
from unsee.running.files import cannot_write
from unsee.weights.erased import ErasedWeights

_UNET = "unet"
_RECIPE = "erasure.json"
_SETTINGS = (".json", ".txt", ".model")
_WEIGHTS = "diffusion_pytorch_model.safetensors"
# transformers asks for it.
_METADATA = {"format": "pt"}


def to_diffusers(
    erased: ErasedWeights, model: Model, path: str | Path, *, overwrite: bool = False
) -> Export:
    """Write the erased model as a folder; its U-Net is in the precision that `model` is in.

    Raises:
        WrongBaseError: `model` is not the one that the erasure was made from.
        OutputError: the folder exists, or cannot be written.
    """
    # Resolved, since the folder gets a neighbour for a time.
    path = Path(path).resolve()
    base = base_of(model).resolve()
    if base.is_file():
        raise OptionError(
            f"{base.name} is a single file, and so is its export: {option('to')} checkpoint"
        )
    if path == base or path in base.parents:
        raise OutputError(f"{path} holds the base model itself; choose another folder")
    tensors = erased_unet(erased, model)
    with writing_folder(path, overwrite=overwrite) as folder:
        names = parts(base)
        for part in names:
            _copy(base, folder, part)
        save(tensors, folder / _UNET / _WEIGHTS, _METADATA)
        _write_json(folder / INDEX, _contents(base, names))
        (folder / _RECIPE).write_text(erased.provenance.to_json() + "\n", encoding="utf-8")
        for file in (base / DEFAULTS_FILE, *sorted(base.glob("LICENSE*"))):
            if file.is_file():
                shutil.copyfile(file, folder / file.name)
    return Export(path)


@contextlib.contextmanager
def writing_folder(path: Path, *, overwrite: bool = False, known_by: str = INDEX) -> Iterator[Path]:
    """Yield a new folder beside `path` that becomes `path` at the end.

    If the block fails, or is interrupted, nothing is left behind, and what was there stays.
    """
    check_folder(path, overwrite=overwrite, known_by=known_by)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    before = path.with_name(f".{path.name}.{os.getpid()}.before")
    try:
        temporary.mkdir()
        yield temporary
        if path.exists():
            path.rename(before)
        try:
            temporary.rename(path)
        except BaseException:
            if before.exists():
                before.rename(path)
            raise
    except (OSError, SafetensorError) as error:
        raise cannot_write(path, error) from error
    finally:
        for folder in (temporary, before):
            shutil.rmtree(folder, ignore_errors=True)


def check_folder(path: Path, *, overwrite: bool = False, known_by: str = INDEX) -> None:
    """Raise an OutputError, before any work is spent, where no folder `path` can be made.

    `known_by` is the file in it by which a folder that may be replaced is known.
    """
    try:
        # Even to ask can fail: a name can be too long.
        if path.exists() and not path.is_dir():
            raise OutputError(f"{path} is a file; name a new folder")
        if path.is_dir() and any(path.iterdir()):
            # What is replaced is deleted: nothing but an earlier output may be.
            if not (path / known_by).is_file():
                raise OutputError(f"{path} is a folder of other things; name a new folder")
            if not overwrite:
                raise OutputError(
                    f"{path} exists; choose another name, or allow it with {option('overwrite')}"
                )
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise cannot_write(path, error) from error


def _copy(base: Path, folder: Path, part: str) -> None:
    """Copy the settings and the weights of a part, but for those of the U-Net."""
    (folder / part).mkdir()
    for file in sorted((base / part).glob("*")):
        if file.suffix in _SETTINGS and ".safetensors.index." not in file.name:
            shutil.copyfile(file, folder / part / file.name)
    weights = part_files(base, part)
    if weights and part != _UNET:
        stem = weights[0].name.partition("model")[0]
        save(read_tensors(weights), folder / part / f"{stem}model.safetensors", _METADATA)


def _contents(base: Path, names: tuple[str, ...]) -> dict[str, object]:
    """Return the table of contents without the parts that were left out."""
    index = read_index(base)
    # Where the base once lay is nobody's business.
    index.pop("_name_or_path", None)
    for name, entry in index.items():
        if isinstance(entry, list) and name not in names:
            index[name] = [None, None]
    if "safety_checker" in index and "safety_checker" not in names:
        index["requires_safety_checker"] = False
    return index


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
