"""Fingerprints of weights: which model this is, whatever it is called and wherever it lies.

fingerprint   XXH3, 128 bits, over names, shapes, dtypes and bytes of tensors
sha256        what erased files of format 1 have in its place
digests       what both are made of: a hash in each of several precisions, in one pass
Identity      the fingerprints of one network, in its own precision and in lower ones

A fingerprint tells models apart; it guards nothing. By chance two models share one once in 2^128
pairs, but who wants to make two that do can: all it would gain is an erased file that goes onto
another base, and for that an editor is enough. XXH3 reads as fast as memory is; sha256 does about
half a GB in a second, and three times that on processors that have instructions for it.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from xxhash import xxh3_128

from unsee.running.precisions import PRECISIONS, dtype_of

PREFIX = "xxh3:"
"""Of every fingerprint; those of format 1 are bare."""
ON_CPU = 2**15
"""Numbers that are cast at once: few enough for the cache, and for torch to use one thread, since
to wait for a second one takes longer than the cast."""
ON_GPU = 2**24
"""Numbers that are fetched at once: each time takes a while, however little is fetched."""


def fingerprint(tensors: Mapping[str, Tensor], dtype: torch.dtype | None = None) -> str:
    """Hash the tensors, in the order of their names; cast to `dtype` first if one is given."""
    return _fingerprints(tensors, [dtype])[0]


def sha256(tensors: Mapping[str, Tensor], dtype: torch.dtype | None = None) -> str:
    """Hash the same as `fingerprint` does, as files of format 1 have it."""
    return digests(tensors, [dtype], hashlib.sha256)[0]


class Identity:
    """Which weights these are: hashed when it is first asked for, and once.

    Made of a network's `state_dict()` while its own parameters are in place. Others may stand in
    for them afterwards, an erasure's or a student's: what is hashed are the tensors it was made of.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = dict(tensors)
        floats = [one.dtype.itemsize for one in tensors.values() if one.is_floating_point()]
        own = max(floats, default=0)
        self._lower = [dtype for dtype in map(dtype_of, PRECISIONS) if dtype.itemsize < own]

    @cached_property
    def fingerprint(self) -> str:
        """Of the weights as they are."""
        return fingerprint(self._tensors)

    @cached_property
    def fingerprints(self) -> tuple[str, ...]:
        """Of the weights as they are, and as they are after rounding to a lower precision.

        The same checkpoint may be loaded in fp32 by one program and in fp16 by the next: an erased
        file that knows all of these recognises its base in both.
        """
        return (self.fingerprint, *_fingerprints(self._tensors, self._lower))

    @cached_property
    def sha256(self) -> str:
        """What files of format 1 have for `fingerprint`."""
        return sha256(self._tensors)

    @cached_property
    def sha256s(self) -> tuple[str, ...]:
        """What files of format 1 have for `fingerprints`."""
        return (self.sha256, *digests(self._tensors, self._lower, hashlib.sha256))

    def is_called(self, name: str) -> bool:
        """Whether `name` is the fingerprint of these weights as they are, or their sha256."""
        return name == (self.fingerprint if name.startswith(PREFIX) else self.sha256)

    def is_among(self, names: Collection[str]) -> bool:
        """Whether one of `names` is a fingerprint or a sha256 of these weights, rounded or not."""
        return any(
            self.is_called(name)
            or name in (self.fingerprints if name.startswith(PREFIX) else self.sha256s)
            for name in names
        )


def _fingerprints(tensors: Mapping[str, Tensor], dtypes: Sequence[torch.dtype | None]) -> list[str]:
    return [PREFIX + digest for digest in digests(tensors, dtypes, xxh3_128)]


def digests(
    tensors: Mapping[str, Tensor],
    dtypes: Sequence[torch.dtype | None],
    algorithm: Callable[[], Any],
) -> list[str]:
    """Hash the tensors after a cast to each of `dtypes`, None being their own, in one pass."""
    if not dtypes:
        return []
    hashes = [algorithm() for _ in dtypes]
    for name in sorted(tensors):
        tensor = tensors[name].detach().contiguous()
        casts = [
            dtype if dtype is not None and tensor.is_floating_point() else tensor.dtype
            for dtype in dtypes
        ]
        for digest, dtype in zip(hashes, casts, strict=True):
            digest.update(f"{name} {dtype} {tuple(tensor.shape)}\n".encode())
        size = max(tensor.numel(), 1)
        if tensor.device.type != "cpu":
            size = ON_GPU
        elif set(casts) != {tensor.dtype}:
            size = ON_CPU
        numbers = tensor.reshape(-1)
        for start in range(0, len(numbers), size):
            piece = numbers[start : start + size]
            for digest, dtype in zip(hashes, casts, strict=True):
                digest.update(piece.to(dtype).cpu().view(torch.uint8).numpy())
    return [digest.hexdigest() for digest in hashes]
