"""Fingerprints: what changes them and what does not."""

import hashlib
from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor

from unsee.running import fingerprints
from unsee.running.fingerprints import Identity, fingerprint, sha256

WEIGHTS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(1.5)}
Hash = Callable[[Mapping[str, Tensor]], str]
BOTH = pytest.mark.parametrize("hashed", [fingerprint, sha256])


@BOTH
def test_the_order_of_names_and_the_layout_in_memory_do_not_matter(hashed: Hash) -> None:
    other = {"b": WEIGHTS["b"], "a": WEIGHTS["a"].t().contiguous().t()}
    assert hashed(other) == hashed(WEIGHTS)


@BOTH
def test_names_shapes_dtypes_and_single_bits_matter(hashed: Hash) -> None:
    a, b = WEIGHTS["a"], WEIGHTS["b"]
    bit = a.clone()
    bit[0, 0] = -0.0
    others = [
        {"c": a, "b": b},
        {"a": a.reshape(3, 2), "b": b},
        {"a": a.half(), "b": b},
        {"a": bit, "b": b},
        {"a": a},
    ]
    assert len({hashed(weights) for weights in [WEIGHTS, *others]}) == 6


def test_a_sha256_is_that_of_format_1() -> None:
    digest = hashlib.sha256()
    for name in ("a", "b"):
        tensor = WEIGHTS[name].half()
        digest.update(f"{name} torch.float16 {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().tobytes())
    assert sha256(WEIGHTS, torch.float16) == digest.hexdigest()


@BOTH
def test_it_does_not_matter_how_much_is_read_at_once(
    hashed: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = {"long": torch.randn(100_003), "none": torch.empty(0, 3), "flag": torch.tensor(True)}
    expected = hashed(weights, torch.bfloat16)
    monkeypatch.setattr(fingerprints, "ON_CPU", 7)
    assert hashed(weights, torch.bfloat16) == expected
    rounded = {**weights, "long": weights["long"].bfloat16(), "none": weights["none"].bfloat16()}
    assert hashed(rounded) == expected


def test_weights_are_recognised_after_rounding_to_half_precision() -> None:
    weights = {"a": torch.randn(5), "count": torch.tensor(3)}
    own = Identity(weights)
    for dtype in (torch.float16, torch.bfloat16):
        half = {"a": weights["a"].to(dtype), "count": weights["count"]}
        rounded = Identity(half)
        assert rounded.fingerprints == (rounded.fingerprint,) == (fingerprint(half),)
        assert rounded.sha256s == (rounded.sha256,) == (sha256(half),)
        # And back: stored in half precision, loaded in fp32.
        back = Identity({**half, "a": half["a"].float()})
        for one, other in ((rounded, own), (back, rounded)):
            assert one.is_among(other.fingerprints)
            assert one.is_among(other.sha256s)
            assert not one.is_called(other.fingerprint)
        assert not rounded.is_among([own.fingerprint, own.sha256])
    assert own.is_called(own.fingerprint)
    assert own.is_called(own.sha256)


def test_a_hash_is_made_when_it_is_asked_for_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, int]] = []
    plain = fingerprints.digests

    def counting(
        tensors: Mapping[str, Tensor], dtypes: list[torch.dtype | None], algorithm: type
    ) -> list[str]:
        calls.append((algorithm.__name__, len(dtypes)))
        return plain(tensors, dtypes, algorithm)

    monkeypatch.setattr(fingerprints, "digests", counting)
    identity = Identity(WEIGHTS)
    assert not calls
    assert identity.is_among([identity.fingerprint])
    assert calls == [("xxh3_128", 1)]
    # All lower precisions take one pass together.
    assert len(identity.fingerprints) == 3
    assert identity.is_among(identity.fingerprints[2:])
    assert calls == [("xxh3_128", 1), ("xxh3_128", 2)]
    # sha256 is for files that hold one.
    assert not identity.is_called("0" * 64)
    assert calls[2:] == [("openssl_sha256", 1)]


def test_an_identity_is_of_the_tensors_it_was_made_of() -> None:
    layer = torch.nn.Linear(2, 2)
    expected = fingerprint(layer.state_dict())
    identity = Identity(layer.state_dict())
    layer.weight = torch.nn.Parameter(torch.zeros(2, 2))
    assert identity.fingerprint == expected != fingerprint(layer.state_dict())
