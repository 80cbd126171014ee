"""Fingerprints: what changes them and what does not."""

import torch

from unsee.running.fingerprints import fingerprint, fingerprints

WEIGHTS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(1.5)}


def test_the_order_of_names_and_the_layout_in_memory_do_not_matter() -> None:
    other = {"b": WEIGHTS["b"], "a": WEIGHTS["a"].t().contiguous().t()}
    assert fingerprint(other) == fingerprint(WEIGHTS)


def test_names_shapes_dtypes_and_single_bits_matter() -> None:
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
    assert len({fingerprint(weights) for weights in [WEIGHTS, *others]}) == 6


def test_weights_are_recognised_after_rounding_to_half_precision() -> None:
    weights = {"a": torch.randn(5), "count": torch.tensor(3)}
    own = fingerprints(weights)
    assert own[0] == fingerprint(weights)
    for dtype in (torch.float16, torch.bfloat16):
        half = {"a": weights["a"].to(dtype), "count": weights["count"]}
        assert fingerprints(half) == (fingerprint(half),)
        assert fingerprint(half) in own
        # And back: stored in half precision, loaded in fp32.
        assert fingerprint(half) in fingerprints({**half, "a": half["a"].float()})
