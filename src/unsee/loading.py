"""From a name to a model.

MODELS    the models that unsee knows by name
FAMILIES  pipeline class of a checkpoint folder -> the denoiser that wraps its parts
load      a name, a folder in Stable Diffusion format, or a hub id -> Model

A folder may hold a file `unsee.json` with fields of denoisers.base.Defaults: how the model is
best sampled, and by which recipe concepts are erased from it.
No pickle is ever loaded: weights come from safetensors files or not at all.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from torch import nn

from unsee.denoisers.base import Defaults
from unsee.denoisers.unet import UNetDenoiser
from unsee.errors import CheckpointError, OptionError, UnseeError, unknown_name

Model = UNetDenoiser

DEFAULTS_FILE = "unsee.json"
_PICKLES = (".ckpt", ".bin", ".pt", ".pth", ".pkl")
_HUB_ID = re.compile(r"[\w][\w.-]*/[\w][\w.-]*")


def _emoji() -> Path:
    from unsee.emoji import model

    return model.folder()


MODELS: dict[str, Callable[[], Path]] = {"emoji": _emoji}

_Family = Callable[[str, Path, torch.device, torch.dtype], Model]


def load(
    name: str | Path = "emoji",
    *,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
) -> Model:
    """Load a model, frozen.

    load()                                  the embedded model
    load("path/to/folder")                  a folder in Stable Diffusion format
    load("CompVis/stable-diffusion-v1-4")   a hub id; downloaded once

    `device` is the GPU where there is one; `dtype` is fp32 unless asked otherwise.
    """
    name = str(name)
    folder = _find(name)
    try:
        kind = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))["_class_name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{folder} has no readable model_index.json; "
            "give the folder that a diffusers pipeline was saved to"
        ) from error
    if kind not in FAMILIES:
        raise CheckpointError(
            f"{name} is a {kind}; unsee edits these so far: {', '.join(FAMILIES)}"
        )
    return FAMILIES[kind](name, folder, _device(device), dtype or torch.float32)


def _stable_diffusion(name: str, folder: Path, device: torch.device, dtype: torch.dtype) -> Model:
    def weights(part: str, kind: Any) -> nn.Module:
        # Not the models' own `to`, which warns of parts that are to stay in fp32: none is.
        model: nn.Module = _weights(folder, part, kind)
        return nn.Module.to(model, device, dtype)

    return UNetDenoiser(
        name,
        tokenizer=_part(folder, "tokenizer", transformers.CLIPTokenizer),
        text_encoder=weights("text_encoder", transformers.CLIPTextModel),
        unet=weights("unet", diffusers.UNet2DConditionModel),
        vae=weights("vae", diffusers.AutoencoderKL),
        scheduler=_part(folder, "scheduler", _scheduler_class(folder)),
        defaults=_defaults(folder),
    )


FAMILIES: dict[str, _Family] = {"StableDiffusionPipeline": _stable_diffusion}


def _find(name: str) -> Path:
    """Find the folder that a name stands for; download it if it is a hub id."""
    path = Path(name)
    if name in MODELS:
        return MODELS[name]()
    if path.suffix in _PICKLES:
        raise CheckpointError(
            f"{name} is a pickle, which can run code, and unsee loads none; "
            "convert it to a diffusers folder with safetensors files"
        )
    if path.is_dir():
        return path
    if path.is_file():
        raise CheckpointError(
            f"{name} is a single file; convert it to a diffusers folder "
            "(StableDiffusionPipeline.from_single_file, then save_pretrained)"
        )
    if _HUB_ID.fullmatch(name):
        return _download(name)
    raise unknown_name(
        "model", name, MODELS, hint="or a folder in Stable Diffusion format, or a hub id"
    )


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download

    parts = ("scheduler", "tokenizer", "text_encoder", "unet", "vae")
    wanted = ["model_index.json", DEFAULTS_FILE]
    wanted += [f"{part}/*.{kind}" for part in parts for kind in ("json", "txt", "safetensors")]
    # The same weights in half precision or without the averaging; tens of gigabytes in all.
    unwanted = ["*.fp16*.safetensors", "*.non_ema*.safetensors"]
    try:
        return Path(snapshot_download(name, allow_patterns=wanted, ignore_patterns=unwanted))
    # Connection, authorisation, missing repository: the hub's client raises many kinds.
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise CheckpointError(
            f"there is no folder {name}, and it could not be had from the hub: {reason[0]}"
        ) from error


def _device(device: str | torch.device | None) -> torch.device:
    chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=chosen)
        return torch.device(chosen)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise OptionError(f"--device {chosen} cannot be used here; try cpu") from error


def _defaults(folder: Path) -> Defaults:
    path = folder / DEFAULTS_FILE
    if not path.exists():
        return Defaults()
    try:
        return Defaults(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, UnseeError) as error:
        raise CheckpointError(f"{path} cannot be used ({error}); mend or remove it") from error


def _scheduler_class(folder: Path) -> Any:
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    name = str((index.get("scheduler") or [None])[-1])
    found = getattr(diffusers, name, None)
    if not (isinstance(found, type) and issubclass(found, diffusers.SchedulerMixin)):
        raise CheckpointError(f"{folder} names a scheduler {name!r} that diffusers does not have")
    return found


def _part(folder: Path, part: str, kind: Any) -> Any:
    try:
        return kind.from_pretrained(folder / part)
    # These loaders raise whatever their parsers do.
    except Exception as error:
        raise _unusable(folder / part, error) from error


def _weights(folder: Path, part: str, kind: Any) -> Any:
    """Load weights from safetensors files, all of them: nothing missing is made up."""
    place = folder / part
    if place.is_dir() and not list(place.glob("*.safetensors")) and list(place.glob("*.bin")):
        raise CheckpointError(
            f"{place} holds its weights as pickles, which can run code, and unsee loads none; "
            "save the pipeline again with safe_serialization=True"
        )
    try:
        with _without_bars():
            model, report = kind.from_pretrained(
                place, use_safetensors=True, output_loading_info=True
            )
    except Exception as error:
        raise _unusable(place, error) from error
    wrong = [*report["missing_keys"], *report["mismatched_keys"]]
    if wrong:
        raise CheckpointError(
            f"{place} lacks {len(wrong)} of its weights, {wrong[0]} for one; copy the folder again"
        )
    return model


@contextlib.contextmanager
def _without_bars() -> Iterator[None]:
    """Load without a progress bar for each part, which takes a second."""
    bars = transformers.utils.logging
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()


def _unusable(place: Path, error: Exception) -> CheckpointError:
    reason = str(error).strip().splitlines() or [type(error).__name__]
    return CheckpointError(f"{place} cannot be loaded ({reason[0]}); copy the folder again")
