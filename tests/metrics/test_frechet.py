"""Distances between sets of features: closed forms, and what other packages compute."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from unsee.errors import OptionError
from unsee.metrics.frechet import (
    Gaussian,
    frechet_distance,
    gaussian_distance,
    kernel_distance,
    kernel_distances,
)


def _features(seed: int, rows: int = 60, width: int = 8) -> Tensor:
    """Correlated, of a mean and a scale of their own."""
    chance = torch.Generator().manual_seed(seed)
    mixing = torch.randn(width, width, generator=chance, dtype=torch.float64)
    shift = torch.randn(width, generator=chance, dtype=torch.float64)
    return torch.randn(rows, width, generator=chance, dtype=torch.float64) @ mixing + shift


def _rotation(seed: int, width: int) -> Tensor:
    chance = torch.Generator().manual_seed(seed)
    return torch.linalg.qr(torch.randn(width, width, generator=chance, dtype=torch.float64)).Q


def test_gaussians_with_the_same_axes_are_as_far_apart_as_their_means_and_deviations() -> None:
    axes = _rotation(0, 5)
    stds = [torch.tensor(values).double() for values in ([1, 2, 0.5, 0, 3], [2, 2, 1, 1, 0])]
    means = [torch.zeros(5).double(), torch.tensor([1, 0, 0, -2, 0]).double()]
    a, b = (
        Gaussian(mean, axes @ std.square().diag() @ axes.T)
        for mean, std in zip(means, stds, strict=True)
    )
    # |m - n|^2 + |s - t|^2, with s and t the deviations along the axes.
    assert gaussian_distance(a, b) == pytest.approx(5 + 1 + 0 + 0.25 + 1 + 9, rel=1e-7)


def test_of_two_numbers_it_is_the_gap_of_means_and_of_deviations() -> None:
    a, b = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [5.0]])
    assert frechet_distance(a, b) == pytest.approx(2**2 + (math.sqrt(2) - math.sqrt(8)) ** 2)


def test_the_fitted_gaussian_is_that_of_numpy() -> None:
    features = _features(0)
    fitted = Gaussian.of(features.float())
    assert fitted.covariance.dtype == torch.float64
    np.testing.assert_allclose(fitted.mean, features.numpy().mean(0), rtol=1e-5)
    np.testing.assert_allclose(fitted.covariance, np.cov(features.numpy().T), rtol=1e-4)


def test_turning_both_sets_changes_nothing_and_scaling_both_goes_in_squared() -> None:
    a, b, turn = _features(0), _features(1), _rotation(2, 8)
    distance = frechet_distance(a, b)
    assert frechet_distance(b, a) == pytest.approx(distance, rel=1e-9)
    assert frechet_distance(a @ turn, b @ turn) == pytest.approx(distance, rel=1e-9)
    assert frechet_distance(3 * a, 3 * b) == pytest.approx(9 * distance, rel=1e-9)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("rows", [5, 12, 90])
def test_fewer_pictures_than_features_are_no_trouble(rows: int) -> None:
    a, b = _features(0, rows, width=40), _features(1, rows + 3, width=40)
    # trace((C_a C_b)^(1/2)) is also the sum of singular values of A B', A and B centred: no root
    # of a singular matrix, and no matrix as wide as the features.
    x, y = a - a.mean(0), b - b.mean(0)
    overlap = torch.linalg.svdvals(x @ y.T).sum() / math.sqrt((len(a) - 1) * (len(b) - 1))
    traces = x.square().sum() / (len(a) - 1) + y.square().sum() / (len(b) - 1)
    expected = float((a.mean(0) - b.mean(0)).square().sum() + traces - 2 * overlap)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_the_root_is_that_of_scipy() -> None:
    linalg = pytest.importorskip("scipy.linalg")
    a, b = Gaussian.of(_features(0)), Gaussian.of(_features(1))
    root = linalg.sqrtm(a.covariance.numpy() @ b.covariance.numpy()).real
    traces = np.trace(a.covariance.numpy() + b.covariance.numpy() - 2 * root)
    expected = float((a.mean - b.mean).square().sum()) + traces
    assert gaussian_distance(a, b) == pytest.approx(expected, rel=1e-9)


class _Rows(torch.nn.Module):
    """Stands where torchmetrics has a network: what it is given are features already."""

    num_features = 8

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(len(x), -1)


@pytest.mark.parametrize("rows", [6, 300])
def test_it_is_the_fid_of_torchmetrics_on_the_same_features(rows: int) -> None:
    fid = pytest.importorskip("torchmetrics.image.fid")
    a, b = _features(0, rows), _features(1, 2 * rows)
    metric = fid.FrechetInceptionDistance(feature=_Rows(), normalize=True)
    metric.set_dtype(torch.float64)
    metric.update(a.reshape(rows, 1, 1, 8), real=True)
    metric.update(b.reshape(2 * rows, 1, 1, 8), real=False)
    assert frechet_distance(a, b) == pytest.approx(float(metric.compute()), rel=1e-5)


def test_the_kernel_distance_is_the_sum_over_pairs_that_its_definition_has() -> None:
    a, b = _features(0, 5), _features(1, 7)

    def k(x: Tensor, y: Tensor) -> float:
        return float((x @ y / 8 + 1) ** 3)

    own = [
        np.mean([k(x, y) for i, x in enumerate(one) for j, y in enumerate(one) if i != j])
        for one in (a, b)
    ]
    across = np.mean([k(x, y) for x in a for y in b])
    assert kernel_distance(a, b) == pytest.approx(sum(own) - 2 * across, rel=1e-10)


def test_without_bias_the_kernel_distance_of_one_distribution_is_0_on_average() -> None:
    chance = torch.Generator().manual_seed(0)
    apart = torch.tensor(
        [
            kernel_distance(*torch.randn(2, 20, 4, generator=chance, dtype=torch.float64))
            for _ in range(400)
        ]
    )
    assert abs(float(apart.mean())) < 3 * float(apart.std()) / 20
    assert bool((apart < 0).any())


def test_it_is_the_kid_of_torchmetrics_on_the_same_features() -> None:
    kid = pytest.importorskip("torchmetrics.image.kid")
    a, b = _features(0), _features(1)
    assert kernel_distance(a, b) == pytest.approx(float(kid.poly_mmd(a, b)), rel=1e-10)


def test_subsets_are_drawn_anew_each_time_and_the_same_from_the_same_seed() -> None:
    a, b = _features(0), _features(1, rows=50)
    distances = kernel_distances(a, b, size=20, subsets=30)
    assert distances.shape == (30,)
    assert len(set(distances.tolist())) == 30
    assert torch.equal(distances, kernel_distances(a, b, size=20, subsets=30))
    assert not torch.equal(distances, kernel_distances(a, b, size=20, subsets=30, seed=1))
    spread = float(distances.std()) / math.sqrt(30)
    assert float(distances.mean()) == pytest.approx(kernel_distance(a, b), abs=4 * spread)


def test_subsets_as_large_as_the_sets_are_the_sets() -> None:
    a, b = _features(0), _features(1)
    whole = kernel_distances(a, b, size=60, subsets=2)
    assert whole.tolist() == pytest.approx([kernel_distance(a, b)] * 2, rel=1e-10)


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
def test_what_allows_no_distance_is_refused(distance: Callable[[Tensor, Tensor], float]) -> None:
    a = _features(0)
    with pytest.raises(OptionError, match=r"features of shape \(1, 8\) allow no distance; give"):
        distance(a[:1], a)
    with pytest.raises(OptionError, match="features of widths 8 and 4 come from different"):
        distance(a, a[:, :4])
    with pytest.raises(OptionError, match="not finite"):
        distance(a, a / 0)
    with pytest.raises(OptionError, match="choose a size from 2 to 60"):
        kernel_distances(a, a)
