"""When memory runs out: what was asked for, and which settings to lower.

explaining   a block in which running out of memory is an OutOfMemory that says what to do
"""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import torch

from unsee.erasing.config import EraseConfig
from unsee.errors import OutOfMemory, option

# What the allocators of torch say, on the CPU in bytes and on a GPU in rounded units.
_CPU = re.compile(r"(?:can't allocate memory|not enough memory): you tried to allocate (\d+) bytes")
_GPU = re.compile(r"Tried to allocate ([\d.]+ \w+)")


@contextlib.contextmanager
def explaining(config: EraseConfig, dtype: torch.dtype) -> Iterator[None]:
    """Turn an allocator's error inside the block into an OutOfMemory for these settings."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        asked = _asked(error)
        if asked is None:
            raise
        raise OutOfMemory(
            f"out of memory: {asked} more were asked for; {'; or '.join(_ways_out(config, dtype))}"
        ) from error


def _asked(error: Exception) -> str | None:
    """How much memory was asked for; None if this is another error."""
    text = str(error)
    on_cpu, on_gpu = _CPU.search(text), _GPU.search(text)
    if on_cpu:
        return f"{int(on_cpu[1]) / 2**30:,.1f} GiB"
    if on_gpu and isinstance(error, torch.OutOfMemoryError):
        return on_gpu[1]
    known: tuple[Any, ...] = (torch.OutOfMemoryError, MemoryError)
    return "some bytes" if isinstance(error, known) else None


def _ways_out(config: EraseConfig, dtype: torch.dtype) -> Iterator[str]:
    """Name what can be lowered, the cheapest first."""
    if config.source == "original" and config.rollouts > 1:
        yield f"lower {option('rollouts')} (it is {config.rollouts})"
    if config.batch > 1:
        yield f"lower {option('batch')} (it is {config.batch})"
    if dtype == torch.float32:
        yield f"halve it with {option('dtype')} bfloat16"
    if config.precision == "fp32" and not config.lora_rank:
        lean = f"{option('dtype')} bfloat16 {option('precision')} bf16"
        yield f"train with {option('lora_rank')} 4, or with {lean}"
    yield "close what else uses the device"
