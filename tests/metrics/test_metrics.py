"""Metrics against closed forms."""

import math

import pytest
import torch

from unsee.metrics.frechet import frechet_distance
from unsee.metrics.rates import Rate


def test_wilsons_interval_is_the_set_of_rates_that_the_count_does_not_contradict() -> None:
    rate = Rate(18, 40)
    for bound in rate.interval:
        # The bound p solves |observed - p| = z * sqrt(p (1 - p) / n).
        assert abs(rate.value - bound) == pytest.approx(
            1.959964 * math.sqrt(bound * (1 - bound) / 40), rel=1e-6
        )


@pytest.mark.parametrize("hits", [0, 7])
def test_intervals_stay_between_0_and_1_and_hold_the_value(hits: int) -> None:
    low, high = Rate(hits, 7).interval
    assert 0 <= low <= hits / 7 <= high <= 1
    assert high - low > 0.3


def test_rates_add_up_as_counts() -> None:
    one, other = Rate.of(torch.tensor([True, False])), Rate.of(torch.tensor([True] * 6))
    assert one + other == Rate(7, 8)
    assert str(one + other) == "87.5 %"
    assert math.isnan(Rate(0, 0).value)
    assert Rate(0, 0).interval == (0.0, 1.0)


def test_frechet_distance_of_gaussians_is_the_closed_form() -> None:
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(200_000, 3, generator=generator)
    b = torch.randn(200_000, 3, generator=generator) * torch.tensor([1.0, 2.0, 0.5]) + 1
    # Diagonal covariances: the sum over axes of (mean gap)^2 + (std gap)^2.
    assert frechet_distance(a, b) == pytest.approx(3 + 0 + 1 + 0.25, rel=0.02)


def test_frechet_distance_is_a_distance() -> None:
    generator = torch.Generator().manual_seed(1)
    a, b = (torch.randn(50, 4, generator=generator) + shift for shift in (0, 1))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-6)
    assert frechet_distance(a, a + 2) == pytest.approx(4 * 4, rel=1e-6)
