"""How far apart two sets of pictures are, as their features see it.

Gaussian            mean and covariance of features
gaussian_distance   between two of them (Dowson and Landau 1982)
frechet_distance    the same, fitted to features (Heusel et al. 2017: FID on Inception's)
kernel_distance     squared MMD under a cubic kernel, without bias (Bińkowski et al. 2018: KID)
kernel_distances    the same on random subsets, whose mean and spread are what papers report

All is done in double precision, on the device of the features.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from unsee.errors import OptionError


@dataclass(frozen=True)
class Gaussian:
    """Mean and covariance of features."""

    mean: Tensor
    """(width,)"""
    covariance: Tensor
    """(width, width)"""

    @classmethod
    def of(cls, features: Tensor) -> "Gaussian":
        """Fit features of shape (n, width); the covariance is the one without bias.

        Raises:
            OptionError: fewer than two rows, or a number that is not finite.
        """
        features = _checked(features)
        return cls(features.mean(0), torch.cov(features.T).reshape(2 * features.shape[1:]))


def gaussian_distance(a: Gaussian, b: Gaussian) -> float:
    """Squared Fréchet distance: |mean_a - mean_b|^2 + trace(C_a + C_b - 2 (C_a C_b)^(1/2)).

    C_a C_b has the eigenvalues of R C_b R, where R is the root of C_a. That one is symmetric, so
    they come out real whatever the rounding, even where there are fewer pictures than features.
    """
    _check_widths(a.mean, b.mean)
    gap = (a.mean - b.mean).square().sum()
    values, vectors = torch.linalg.eigh(a.covariance)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    overlap = torch.linalg.eigvalsh(root @ b.covariance @ root).clamp(min=0).sqrt().sum()
    return float(gap + a.covariance.trace() + b.covariance.trace() - 2 * overlap)


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Squared Fréchet distance between features of shape (n, width) and (m, width).

    It falls as pictures are added, so only numbers from equally many pictures compare.

    Raises:
        OptionError: fewer than two rows, different widths, or a number that is not finite.
    """
    return gaussian_distance(Gaussian.of(a), Gaussian.of(b))


def kernel_distance(a: Tensor, b: Tensor) -> float:
    """Squared MMD between features of shape (n, width) and (m, width): k(x, y) = (x·y/width + 1)^3.

    Without bias: of two samples of one distribution it is 0 on average, and so half the time less.
    Takes memory for n x n, m x m and n x m numbers.

    Raises:
        OptionError: fewer than two rows, different widths, or a number that is not finite.
    """
    a, b = _checked(a), _checked(b)
    _check_widths(a, b)
    return float(_mean_of_pairs(a) + _mean_of_pairs(b) - 2 * _kernel(a, b).mean())


def kernel_distances(
    a: Tensor, b: Tensor, *, size: int = 1000, subsets: int = 100, seed: int = 0
) -> Tensor:
    """`kernel_distance` of random subsets, `size` rows of either set: (subsets,).

    Raises:
        OptionError: `size` is below 2, or a set has fewer rows; and as `kernel_distance`.
    """
    fewest = min(len(a), len(b))
    if not 2 <= size <= fewest or subsets < 1:
        raise OptionError(
            f"{subsets} subsets of {size} features cannot be drawn from {fewest}; "
            f"choose a size from 2 to {fewest}"
        )
    chance = torch.Generator().manual_seed(seed)

    def subset(features: Tensor) -> Tensor:
        return features[torch.randperm(len(features), generator=chance)[:size].to(features.device)]

    return torch.tensor(
        [kernel_distance(subset(a), subset(b)) for _ in range(subsets)], dtype=torch.float64
    )


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    return (x @ y.T / x.shape[1] + 1) ** 3


def _mean_of_pairs(x: Tensor) -> Tensor:
    """Mean of the kernel over pairs of different rows."""
    kernel = _kernel(x, x)
    return (kernel.sum() - kernel.trace()) / (len(x) * (len(x) - 1))


def _checked(features: Tensor) -> Tensor:
    """In double precision, if a distance can be measured on them."""
    if features.ndim != 2 or len(features) < 2:
        raise OptionError(
            f"features of shape {tuple(features.shape)} allow no distance; "
            "give two pictures or more, a row for each"
        )
    if not features.isfinite().all():
        raise OptionError("features hold a number that is not finite; look at the pictures")
    return features.double()


def _check_widths(a: Tensor, b: Tensor) -> None:
    if a.shape[-1] != b.shape[-1]:
        raise OptionError(
            f"features of widths {a.shape[-1]} and {b.shape[-1]} come from different networks; "
            "compare those of one"
        )
