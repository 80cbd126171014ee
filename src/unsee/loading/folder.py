"""Checkpoints as folders of diffusers.

read_index    what model_index.json says
read_folder   a folder -> its parts
read_part     a tokenizer or a scheduler
stored_as     which of the weight files of a part to read
unusable      the error for a part that cannot be read
without_bars  a block in which no loader draws progress bars

Weights come from safetensors files or not at all, and from all of them: nothing missing is made up.
"""

import contextlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from unsee.denoisers.base import Defaults
from unsee.errors import CheckpointError, UnseeError
from unsee.loading.families import Checkpoint, family

INDEX = "model_index.json"
DEFAULTS_FILE = "unsee.json"
VARIANTS = (None, "fp16")
"""Of the sets of weights that lie side by side, the first of these is read."""
PICKLES = (".ckpt", ".bin", ".pt", ".pth", ".pkl")


def read_index(folder: Path) -> dict[str, Any]:
    """Read model_index.json; a CheckpointError if it is no index of a pipeline."""
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        index["_class_name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{folder} has no readable {INDEX}; "
            "give the folder that a diffusers pipeline was saved to"
        ) from error
    return dict(index)


def read_folder(name: str, folder: Path, dtype: torch.dtype = torch.float32) -> Checkpoint:
    """Read the parts of a folder that is called `name`, into `dtype` or a wider one."""
    index = read_index(folder)
    entry = family(index["_class_name"], name)
    parts = {part: _weights(folder / part, kind, dtype) for part, kind in entry.models.items()}
    for part in entry.tokenizers:
        parts[part] = read_part(folder / part, transformers.CLIPTokenizer)
    parts["scheduler"] = read_part(folder / "scheduler", _scheduler_class(folder, index))
    return Checkpoint(entry, parts, index, _defaults(folder, entry.defaults))


def read_part(place: Path, kind: Any, **settings: Any) -> Any:
    """Read a tokenizer or a scheduler, with `settings` in place of its own."""
    try:
        return kind.from_pretrained(place, **settings)
    # These loaders raise whatever their parsers do.
    except Exception as error:
        raise unusable(place, error) from error


def stored_as(kind: Any, files: Collection[str], place: object) -> tuple[str | None, list[str]]:
    """Choose among the names of the files of a part, a model of class `kind`.

    Returns the variant and the names of its files, none if there are no weights at all. A
    CheckpointError if there are weights, but none that unsee reads.
    """
    stem = "model" if issubclass(kind, transformers.PreTrainedModel) else "diffusion_pytorch_model"
    shard = r"-\d+-of-\d+"
    for variant in VARIANTS:
        dot = f".{variant}" if variant else ""
        index = f"{stem}.safetensors.index{dot}.json"
        if f"{stem}{dot}.safetensors" in files:
            return variant, [f"{stem}{dot}.safetensors"]
        if index in files:
            names = re.compile(rf"{stem}({re.escape(dot)}{shard}|{shard}{re.escape(dot)})")
            shards = [name for name in files if names.fullmatch(name.removesuffix(".safetensors"))]
            return variant, [index, *sorted(shards)]
    others = sorted(name for name in files if name.endswith(".safetensors"))
    if others:
        raise CheckpointError(
            f"{place} holds its weights as {others[0]}, which is none of the names that unsee "
            f"reads; if these are the ones to use, name them {stem}.safetensors"
        )
    if any(name.endswith(PICKLES) for name in files):
        raise CheckpointError(
            f"{place} holds its weights as pickles, which can run code, and unsee loads none; "
            "load the pipeline in diffusers, where you trust it, "
            "and save it again with safe_serialization=True"
        )
    return None, []


def _weights(place: Path, kind: Any, dtype: torch.dtype) -> Any:
    files = [path.name for path in place.iterdir()] if place.is_dir() else []
    variant, _ = stored_as(kind, files, place)
    # Of an autoencoder only its config says whether float16 will do: families.build knows.
    kept_wide = dtype == torch.float16 and kind is diffusers.AutoencoderKL
    try:
        with without_bars():
            model, report = kind.from_pretrained(
                place,
                use_safetensors=True,
                variant=variant,
                output_loading_info=True,
                dtype=torch.float32 if kept_wide else dtype,
            )
    except Exception as error:
        raise unusable(place, error) from error
    wrong = [*report["missing_keys"], *report["mismatched_keys"]]
    if wrong:
        raise CheckpointError(
            f"{place} lacks {len(wrong)} of its weights, {wrong[0]} for one; copy the folder again"
        )
    return model


def _scheduler_class(folder: Path, index: dict[str, Any]) -> Any:
    name = str((index.get("scheduler") or [None])[-1])
    scheduler = getattr(diffusers, name, None)
    if not (isinstance(scheduler, type) and issubclass(scheduler, diffusers.SchedulerMixin)):
        raise CheckpointError(f"{folder} names a scheduler {name!r} that diffusers does not have")
    return scheduler


def _defaults(folder: Path, usual: Defaults) -> Defaults:
    path = folder / DEFAULTS_FILE
    if not path.exists():
        return usual
    try:
        return replace(usual, **json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, UnseeError) as error:
        raise CheckpointError(f"{path} cannot be used ({error}); mend or remove it") from error


@contextlib.contextmanager
def without_bars() -> Iterator[None]:
    """Load without a progress bar for each part, which takes a second."""
    bars = (transformers.utils.logging, diffusers.utils.logging)
    enabled = [own for own in bars if own.is_progress_bar_enabled()]
    for own in enabled:
        own.disable_progress_bar()
    try:
        yield
    finally:
        for own in enabled:
            own.enable_progress_bar()


def unusable(place: Path, error: Exception) -> CheckpointError:
    """Make an error, in one line, of what a loader of diffusers or transformers raised."""
    reason = str(error).strip().splitlines() or [type(error).__name__]
    return CheckpointError(f"{place} cannot be loaded ({reason[0]}); copy the folder again")
