"""The number formats that weights are kept in, from the widest to the narrowest.

PRECISIONS   short name -> torch's name
dtype_of     either name -> torch's object
"""

from typing import TYPE_CHECKING

from unsee.errors import unknown_name

if TYPE_CHECKING:
    import torch

PRECISIONS = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}


def dtype_of(name: str) -> "torch.dtype":
    """Find a number format by either name; raises UnknownName for any other."""
    import torch

    long = PRECISIONS.get(name, name)
    if long not in PRECISIONS.values():
        raise unknown_name("dtype", name, PRECISIONS.values())
    found: torch.dtype = getattr(torch, long)
    return found
