"""What evaluators from outside share: how their weights are read, and pictures go in.

reading        a block in which weights that cannot be had or read are a CheckpointError
read_weights   a file -> tensors by name
chunks         pictures as RGB, as many at once as asked for
batches        the same as tensors
check_paired   has each picture a partner?
"""

import contextlib
import itertools
import pickle
import textwrap
from collections.abc import Iterator, Sequence, Sized
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from unsee.errors import CheckpointError, OptionError


@contextlib.contextmanager
def reading(what: str, name: str | Path) -> Iterator[None]:
    """Turn whatever goes wrong inside the block into a CheckpointError about `name`."""
    failures = (
        OSError,
        ValueError,
        KeyError,
        RuntimeError,
        EOFError,
        SafetensorError,
    )
    try:
        yield
    except failures as error:
        reason = textwrap.shorten(str(error), 250) or type(error).__name__
        raise CheckpointError(f"{what} cannot be had from {name}: {reason}") from error


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a .safetensors file, or one that torch wrote if it holds tensors alone.

    Nothing that a file holds is run.

    Raises:
        CheckpointError: there is no such file, or it holds something else.
    """
    with reading("weights", path):
        if path.suffix == ".safetensors":
            return load_file(path)
        try:
            weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            # torch's own message tells how to run what the file holds.
            raise ValueError("it holds something else than tensors, or is damaged") from error
        return weights


def batches(images: Sequence[Image.Image], size: int) -> Iterator[Tensor]:
    """Yield pictures in order as RGB, (n, 3, height, width) uint8, n up to `size`.

    A batch ends early where the next picture has other sides.

    Raises:
        OptionError: `size` is below 1.
    """
    for _, run in itertools.groupby(images, key=lambda image: image.size):
        for group in chunks(list(run), size):
            pixels = np.stack([np.asarray(image) for image in group])
            yield torch.from_numpy(pixels).permute(0, 3, 1, 2)


def chunks(images: Sequence[Image.Image], size: int) -> Iterator[list[Image.Image]]:
    """Yield pictures in order as RGB, up to `size` at once.

    Raises:
        OptionError: `size` is below 1.
    """
    if size < 1:
        raise OptionError(f"batch_size {size} is below 1")
    for start in range(0, len(images), size):
        yield [image.convert("RGB") for image in images[start : start + size]]


def check_paired(images: Sized, partners: Sized, what: str) -> None:
    """Refuse pictures that do not have a partner each; `what` the partners are.

    Raises:
        OptionError: there are more of one than of the other, or none at all.
    """
    if len(images) != len(partners) or not len(images):
        raise OptionError(
            f"{len(images)} pictures and {len(partners)} {what}; give one for each picture, and a "
            "picture at least"
        )
