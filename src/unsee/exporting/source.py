"""What every export draws on: the edited network, the base that it came from, a file to write.

Export        what was written
erased_unet     the weights of the U-Net with the erasure in it
base_of         the folder or file that the base model lies in
parts           the parts of a folder that can be used
part_files      the files that hold the weights of a part
read_tensors    what is in files
save            a safetensors file
write_tensors   one that says whence it comes, whole or not at all
"""

import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from unsee.errors import CheckpointError, OutputError
from unsee.loading import MODELS, Model, hub
from unsee.loading.folder import PICKLES, read_index
from unsee.running.files import writing
from unsee.weights.erased import ErasedWeights

HEADER = "unsee_export"
"""Key of a file's header that holds the recipe of the erasure."""


@dataclass(frozen=True)
class Export:
    """What was written."""

    path: Path
    share: float = 1.0
    """Share of the edit that the file holds: of the squared norm of all changes together."""
    rank: int | None = None
    """Of the factors, where the file holds factors."""
    left_out: tuple[str, ...] = ()
    """Parameters that were edited but have no place in the file: biases and norms."""
    better_rank: int | None = None
    """The smallest rank that holds as good as all of the edit, if this one does not."""


def erased_unet(erased: ErasedWeights, model: Model) -> dict[str, Tensor]:
    """Return all weights of the network with the erasure in it, in the model's own precision."""
    with erased.applied(model):
        state = model.network.state_dict()
    return {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}


def base_of(model: Model) -> Path:
    """Find the folder, or the single file, that `model` was loaded from."""
    if model.name in MODELS:
        return MODELS[model.name]()
    place = Path(model.name)
    if place.exists():
        return place
    if hub.is_single_file(model.name):
        return hub.single_file(model.name)
    if hub.is_repository(model.name):
        return hub.download(model.name)
    raise CheckpointError(
        f"{model.name} is no longer where it was loaded from, and an export copies from there; "
        "put it back"
    )


def parts(folder: Path) -> tuple[str, ...]:
    """Name the parts that the folder lists and has, with weights, if any, in safetensors files."""
    return tuple(
        name
        for name, entry in read_index(folder).items()
        if isinstance(entry, list) and entry[0] is not None and _usable(folder / name)
    )


def part_files(folder: Path, part: str) -> list[Path]:
    """List the files with the weights of a part, several if it is in shards; none for no weights.

    The same weights may lie there in several sets: what is taken is the one without a word in its
    name, or else `fp16`.
    """
    files = sorted((folder / part).glob("*.safetensors"))
    for word in ("", r"\.fp16"):
        shard = r"-\d+-of-\d+"
        name = re.compile(rf"(diffusion_pytorch_)?model({shard}{word}|{word}{shard}|{word})")
        if chosen := [file for file in files if name.fullmatch(file.stem)]:
            return chosen
    return []


def read_tensors(files: Iterable[Path], dtype: torch.dtype | None = None) -> dict[str, Tensor]:
    """Read all tensors of some files; with `dtype`, numbers with a point become that."""
    tensors: dict[str, Tensor] = {}
    for file in files:
        tensors |= load_file(file)
    if dtype is None:
        return tensors
    return {
        name: tensor.to(dtype) if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }


def save(tensors: Mapping[str, Tensor], path: Path, header: dict[str, str]) -> None:
    """Write a safetensors file that may be read by whoever may read its neighbours."""
    path.touch()
    mode = stat.S_IMODE(path.stat().st_mode)
    save_file(dict(tensors), path, header)
    # safetensors leaves its files to their owner alone.
    path.chmod(mode)


def write_tensors(
    tensors: Mapping[str, Tensor], path: Path, erased: ErasedWeights, *, overwrite: bool
) -> None:
    """Write a safetensors file whose header holds the recipe of the erasure."""
    with writing(path, overwrite=overwrite) as temporary:
        try:
            save(tensors, temporary, {HEADER: erased.provenance.to_json()})
        except SafetensorError as error:
            raise OutputError(f"cannot write {path}: {error}; choose another folder") from error


def _usable(place: Path) -> bool:
    """Whether a part is there, and not as a pickle."""
    kinds = {path.suffix for path in place.glob("*")}
    return ".json" in kinds and (".safetensors" in kinds or not kinds.intersection(PICKLES))
