"""From a name to a model.

MODELS       the models that unsee knows by name
load         a name, a folder, a single file or a hub id -> Model
check_name   before long work: could this be one of them?
check_device before long work: can it compute there?

families.py        which pipelines unsee edits, and which parts each has
folder.py          checkpoints in the format of diffusers
single_file.py     checkpoints in the format of the original code
header.py          which model such a file holds
architectures.py   the settings that it does not hold
hub.py             downloads

A folder may hold a file `unsee.json` with fields of denoisers.base.Defaults: how the model is
best sampled, and by which recipe concepts are erased from it.
No pickle is ever loaded: weights come from safetensors files or not at all.
"""

from collections.abc import Callable
from pathlib import Path

import torch

from unsee.errors import CheckpointError, OptionError, option, unknown_name
from unsee.families.unet import UNetDenoiser
from unsee.loading import hub
from unsee.loading.families import FAMILIES as FAMILIES
from unsee.loading.families import Checkpoint, build
from unsee.loading.folder import PICKLES, read_folder
from unsee.loading.single_file import read_file

Model = UNetDenoiser


def _emoji() -> Path:
    from unsee.emoji import model

    return model.folder()


MODELS: dict[str, Callable[[], Path]] = {"emoji": _emoji}


def load(
    name: str | Path = "emoji",
    *,
    config: str | Path | None = None,
    tokenizer: str | Path | None = None,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> Model:
    """Load a model, frozen: Stable Diffusion 1, 2 or XL.

    load()                                  the embedded model
    load("path/to/folder")                  a folder in the format of diffusers
    load("path/to/model.safetensors")       a single file
    load("CompVis/stable-diffusion-v1-4")   a hub id; downloaded once
    load("OWNER/NAME/model.safetensors")    a single file on the hub

    A single file holds weights alone. Its architecture is recognised; where it is not, `config`
    names it: sd1, sd2, sd2-v, sdxl, or a folder or a hub id in the format of diffusers.
    `tokenizer` is a folder with CLIP's vocab.json and merges.txt; without it, the hub has them.

    `device` is the GPU where there is one; `dtype` is fp32 unless asked otherwise.
    """
    name = str(name)
    # Before minutes of reading: may the model go there?
    place = check_device(device)
    options = {
        "config": None if config is None else str(config),
        "tokenizer": None if tokenizer is None else str(tokenizer),
    }
    dtype = dtype or torch.float32
    model: Model = build(name, _read(name, dtype, **options), place, dtype)
    return model


def _read(
    name: str, dtype: torch.dtype, *, config: str | None, tokenizer: str | None
) -> Checkpoint:
    """Read what a name stands for; download it if it is a hub id."""
    path = Path(name)
    file = _single_file(name)
    if file is not None:
        return read_file(file, config, tokenizer, dtype)
    if config is not None or tokenizer is not None:
        raise OptionError(f"config and tokenizer are for single files, and {name} is none")
    if name in MODELS:
        return read_folder(name, MODELS[name](), dtype)
    if path.is_dir():
        return read_folder(name, path, dtype)
    check_name(name)
    return read_folder(name, hub.download(name), dtype)


def check_name(name: str) -> None:
    """Raise an UnknownName where `name` can be no model; nothing is read or downloaded.

    Whether a hub id exists, only the hub knows.
    """
    path = Path(name)
    here = name in MODELS or path.is_dir() or path.is_file()
    if here or hub.is_repository(name) or hub.is_single_file(name):
        return
    raise unknown_name(
        "model",
        name,
        MODELS,
        hint="or a folder in Stable Diffusion format, a .safetensors file, or a hub id",
    )


def _single_file(name: str) -> Path | None:
    path = Path(name)
    if path.suffix in PICKLES:
        raise CheckpointError(
            f"{name} is a pickle, which can run code, and unsee loads none; where you trust it, "
            "convert it: StableDiffusionPipeline.from_single_file in diffusers, then "
            "save_pretrained"
        )
    if path.is_file():
        return path
    if hub.is_single_file(name) and not path.is_dir():
        return hub.single_file(name)
    return None


def check_device(device: str | torch.device | None) -> torch.device:
    """Return the device to compute on; an OptionError for one that cannot be used here."""
    chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=chosen)
        return torch.device(chosen)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise OptionError(f"{option('device')} {chosen} cannot be used here; try cpu") from error
