"""Out of memory: the message says how much was asked for and what to lower."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import erase
from unsee.erasing.memory import explaining
from unsee.errors import OutOfMemory
from unsee.loading import Model

CONFIG = EraseConfig(steps=2, sampler_steps=2, source="original", rollouts=8, batch=2)


def test_the_allocator_of_the_cpu(tiny: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*arguments: Any) -> torch.Tensor:
        return torch.empty(2**52, dtype=torch.uint8)

    monkeypatch.setattr(type(tiny), "predict", greedy)
    with pytest.raises(OutOfMemory, match=r"4,194,304.0 GiB .*lower rollouts \(it is 8\)"):
        erase(tiny, "cat", CONFIG)


def test_the_allocator_of_a_gpu() -> None:
    said = "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 8 GiB"
    with (
        pytest.raises(OutOfMemory, match=r"2.50 GiB .*lora_rank 4"),
        explaining(EraseConfig(), torch.bfloat16),
    ):
        raise torch.OutOfMemoryError(said)


def test_only_what_helps_is_named() -> None:
    lean = replace(CONFIG, rollouts=1, batch=1, precision="bf16")
    with pytest.raises(OutOfMemory) as caught, explaining(lean, torch.bfloat16):
        raise MemoryError
    assert "--" not in str(caught.value)


def test_other_errors_pass() -> None:
    with pytest.raises(RuntimeError, match="^shapes$"), explaining(CONFIG, torch.float32):
        raise RuntimeError("shapes")
