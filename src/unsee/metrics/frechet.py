"""How far apart two sets of pictures are, as their features see it.

frechet_distance   between two Gaussians fitted to features (Heusel et al. 2017: FID on Inception's)
"""

import torch
from torch import Tensor


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Compare features of shape (n, width) and (m, width).

    |mean_a - mean_b|^2 + trace(C_a + C_b - 2 (C_a C_b)^(1/2)), in double precision. The trace of
    the root is the sum of the roots of the eigenvalues of C_a C_b, which are real and not negative.
    """
    a, b = a.double(), b.double()
    gap = (a.mean(0) - b.mean(0)).square().sum()
    c_a, c_b = torch.cov(a.T), torch.cov(b.T)
    roots = torch.linalg.eigvals(c_a @ c_b).real.clamp(min=0).sqrt().sum()
    return float(gap + c_a.trace() + c_b.trace() - 2 * roots)
