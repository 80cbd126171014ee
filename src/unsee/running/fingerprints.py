"""Fingerprints of weights: which model this is, whatever it is called and wherever it lies.

fingerprint    sha256 over names, shapes, dtypes and bytes of tensors
fingerprints   the same weights as they read in each of the usual precisions
"""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor

PRECISIONS = (torch.float32, torch.float16, torch.bfloat16)


def fingerprint(tensors: Mapping[str, Tensor], dtype: torch.dtype | None = None) -> str:
    """Hash the tensors, in the order of their names; cast to `dtype` first if one is given."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach()
        if dtype is not None and tensor.is_floating_point():
            tensor = tensor.to(dtype)
        tensor = tensor.cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def fingerprints(tensors: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Hash the tensors in their own precision, and as they are after rounding to a lower one.

    The same checkpoint may be loaded in fp32 by one program and in fp16 by the next: an erased
    file that knows all of these recognises its base in both.
    """
    own = max(
        (tensor.dtype for tensor in tensors.values() if tensor.is_floating_point()),
        key=lambda dtype: dtype.itemsize,
    )
    others = [dtype for dtype in PRECISIONS if dtype.itemsize < own.itemsize]
    return (fingerprint(tensors), *(fingerprint(tensors, dtype) for dtype in others))
