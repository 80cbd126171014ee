"""What the networks that look at pictures are made of.

`Halving`   a residual block that halves the side
`halved`    pictures at half their side, by means of four pixels
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

GROUPS = 8


class Halving(nn.Module):
    """Two convolutions and a shortcut; the first strides."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width_in, width, 3, stride=2, padding=1, bias=False)
        self.norm_1 = nn.GroupNorm(GROUPS, width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm_2 = nn.GroupNorm(GROUPS, width)
        self.shortcut = nn.Conv2d(width_in, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, width_in, h, w) -> (n, width, h/2, w/2)."""
        y = F.relu(self.norm_1(self.first(x)))
        y = self.norm_2(self.second(y))
        return F.relu(y + self.shortcut(F.avg_pool2d(x, 2)))


def halved(x: Tensor) -> Tensor:
    """(n, 3, h, w) -> (n, 3, h/2, w/2)."""
    return F.avg_pool2d(x, 2)
