"""Which base an erased file belongs to: hashed late and once, and files of format 1 still apply."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import unsee
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import EraseStep, erase
from unsee.errors import WrongBaseError
from unsee.loading import Model, load
from unsee.running import fingerprints
from unsee.running.fingerprints import fingerprint, sha256
from unsee.weights.erased import ErasedWeights

OLD = Path(__file__).parents[1] / "fixtures" / "made-by-e79cfb3"
CONFIG = EraseConfig(steps=3, sampler_steps=2, lr=1e-2, source="original")


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often a whole network was hashed: the algorithm, and in how many precisions."""
    calls: list[str] = []
    plain = fingerprints.digests

    def counting(tensors: Any, dtypes: Any, algorithm: Callable[[], Any]) -> list[str]:
        if dtypes and "conv_in.bias" in tensors:
            calls.append(f"{algorithm.__name__} of {len(dtypes)}")
        return plain(tensors, dtypes, algorithm)

    monkeypatch.setattr(fingerprints, "digests", counting)
    return calls


def test_nothing_is_hashed_before_the_first_file_is_written(
    tiny_folder: Path, tmp_path: Path, hashing: list[str]
) -> None:
    model = load(tiny_folder, device="cpu")

    def look(done: EraseStep) -> None:
        assert not hashing

    erased = erase(model, "cat", CONFIG, progress=look, checkpoint=tmp_path / "state")
    assert hashing == ["xxh3_128 of 1", "xxh3_128 of 2"]
    # Nor anything again.
    erased.save(tmp_path / "cat.safetensors")
    unsee.apply(model, tmp_path / "cat.safetensors").restore(model)
    erase(model, "dog", CONFIG)
    assert len(hashing) == 2
    # Another process needs one hash to recognise the base, in whatever precision it is loaded.
    for dtype in (torch.float32, torch.float16):
        hashing.clear()
        erased.apply(load(tiny_folder, device="cpu", dtype=dtype))
        assert hashing == ["xxh3_128 of 1"]


def test_a_model_is_called_the_same_while_others_stand_in_for_its_weights(
    tiny_folder: Path, tiny: Model
) -> None:
    expected = fingerprint(tiny.network.state_dict())
    seen: list[str] = []

    def look(done: EraseStep) -> None:
        with done.student():
            seen.append(training.fingerprint)

    training, carrying = (load(tiny_folder, device="cpu") for _ in range(2))
    erased = erase(training, "cat", CONFIG, progress=look)
    with erased.applied(carrying):
        seen.append(carrying.fingerprint)
        assert fingerprint(carrying.network.state_dict()) != expected
    for rank in (0, 2):
        training = load(tiny_folder, device="cpu")
        config = EraseConfig(steps=1, sampler_steps=2, source="original", lora_rank=rank)
        erase(training, "cat", config, progress=look)
    assert seen == [expected] * 6


@pytest.mark.parametrize("name", ["strict", "lora"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_file_of_format_1_goes_onto_its_base_alone(
    tiny: Model, name: str, dtype: torch.dtype
) -> None:
    old = ErasedWeights.load(OLD / f"{name}.safetensors")
    assert old.provenance.format == 1
    emoji = load("emoji", device="cpu", dtype=dtype)
    assert sha256(emoji.network.state_dict()) in old.provenance.base_fingerprints
    before = emoji.fingerprint
    with old.applied(emoji):
        changed = fingerprint(emoji.network.state_dict())
    assert changed != before == fingerprint(emoji.network.state_dict())
    with pytest.raises(WrongBaseError, match="which is not this model"):
        old.apply(tiny)


def test_a_file_of_format_1_stays_the_same_when_it_is_saved_again(tmp_path: Path) -> None:
    path = OLD / "strict.safetensors"
    again = ErasedWeights.load(path).save(tmp_path / "again.safetensors")
    assert again.read_bytes() == path.read_bytes()
