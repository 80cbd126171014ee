"""Checkpoints as single safetensors files, in the layout of the original Stable Diffusion code.

read_file   a file, and where its settings and its words come from -> its parts

Such a file holds weights alone. The settings come from ARCHITECTURES, or from a folder or a hub
id in the format of diffusers; the tokenizers from there too, or from CLIP's own repository.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from unsee.errors import CheckpointError, OptionError, unknown_name
from unsee.loading import hub
from unsee.loading.architectures import ARCHITECTURES, Architecture
from unsee.loading.families import Checkpoint, family
from unsee.loading.folder import read_index, read_part, unusable, without_bars
from unsee.loading.header import SingleFileHeader, recognise

CLIP = "openai/clip-vit-large-patch14"
"""Where the words of all these models come from."""


def read_file(
    path: Path,
    config: str | None,
    tokenizer: str | None,
    dtype: torch.dtype = torch.float32,
) -> Checkpoint:
    """Read the parts of a file, into `dtype` or a wider one.

    `config` is a name of ARCHITECTURES, a folder or a hub id; without it, the architecture is
    recognised. `tokenizer` is a folder or a hub id, for the first case alone.
    """
    header = SingleFileHeader.read(path)
    if config is not None and config not in ARCHITECTURES:
        if tokenizer is not None:
            raise OptionError(f"{config} has a tokenizer of its own; give no other with it")
        folder = _folder(config)
        entry = family(read_index(folder)["_class_name"], config)
        words = {
            part: read_part(folder / part, transformers.CLIPTokenizer) for part in entry.tokenizers
        }
        return _read(path, folder, words, dtype)
    architecture = ARCHITECTURES[config] if config else recognise(path, header)
    words = read_tokenizers(architecture, tokenizer)
    with tempfile.TemporaryDirectory() as temporary:
        architecture.write(Path(temporary))
        return _read(path, Path(temporary), words, dtype)


def _folder(config: str) -> Path:
    if Path(config).is_dir():
        return Path(config)
    if hub.is_repository(config):
        return hub.configs(config)
    raise unknown_name(
        "config", config, ARCHITECTURES, hint="or a folder in Stable Diffusion format, or a hub id"
    )


def read_tokenizers(architecture: Architecture, place: str | None) -> dict[str, Any]:
    """Read the one tokenizer, which each text encoder pads in its own way."""
    if place is not None and Path(place).is_dir():
        folder = Path(place)
    else:
        try:
            folder = hub.tokenizer(place or CLIP)
        except CheckpointError as error:
            raise CheckpointError(
                "a single file has no tokenizer; say with `tokenizer` which folder or hub id has "
                f"CLIP's vocab.json and merges.txt ({error})"
            ) from error
    # A whole model in the format of diffusers will do.
    folder = folder / "tokenizer" if (folder / "tokenizer").is_dir() else folder
    return {
        part: read_part(
            folder, transformers.CLIPTokenizer, **({} if pad is None else {"pad_token": pad})
        )
        for part, pad in architecture.padding.items()
    }


def _read(
    path: Path, folder: Path, tokenizers: Mapping[str, Any], dtype: torch.dtype
) -> Checkpoint:
    index = read_index(folder)
    entry = family(index["_class_name"], str(folder))
    # What such pipelines may have besides, and a checkpoint may lack.
    unused = dict.fromkeys(("safety_checker", "feature_extractor", "image_encoder"))
    try:
        with without_bars():
            pipeline = getattr(diffusers, str(index["_class_name"])).from_single_file(
                str(path),
                config=str(folder),
                local_files_only=True,
                # Of weights and their running average, the average: the folders have it too.
                extract_ema=True,
                # Of an autoencoder only its config says whether float16 will do: see build.
                dtype=torch.float32 if dtype == torch.float16 else dtype,
                **tokenizers,
                **unused,
            )
    # Of a U-Net or an autoencoder with a weight that was not in the file.
    except NotImplementedError as error:
        raise _incomplete(path) from error
    # As in folders: whatever else went wrong inside.
    except Exception as error:
        raise unusable(path, error) from error
    parts = {part: getattr(pipeline, part) for part in entry.parts}
    # Text encoders come back with holes.
    if any(tensor.is_meta for part in entry.models for tensor in parts[part].parameters()):
        raise _incomplete(path)
    return Checkpoint(entry, parts, index, entry.defaults)


def _incomplete(path: Path) -> CheckpointError:
    return CheckpointError(
        f"{path} lacks some of its weights; fetch it again, or say with `config` what it is"
    )
