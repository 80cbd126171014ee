"""The second judge: other eyes, so that no number rests on one network's taste.

`SecondJudge`  a small ConvNeXt (Liu et al. 2022) with four heads: object, artist, badge, hazard
`Opinion`      its answers for a batch
`load_second`  the second judge that a published folder holds
`icons`        its classes: every emoji that all eight artists drew

It differs from the first in architecture (depthwise convolutions, layer norms, patches instead of
strides), in its cast (463 emoji and not 64), in its pictures (wild ones, `wide.py`), and it is
trained apart. What is called kept must be kept for both.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from unsee.emoji2 import cast
from unsee.emoji2.atlas import FOLDER
from unsee.emoji2.blocks import halved

WIDTHS, DEPTHS = (64, 128, 256), (2, 3, 2)


@cache
def icons() -> tuple[str, ...]:
    """CLDR names of the classes."""
    return tuple(json.loads((FOLDER / "wide.json").read_text()))


def object_classes() -> list[int]:
    """Where each of the 64 objects stands among the classes."""
    return [icons().index(thing.icon) for thing in cast.OBJECTS]


@dataclass(frozen=True)
class Opinion:
    """Logits per head for n pictures."""

    objects: Tensor
    """(n, icons)"""
    artists: Tensor
    """(n, artists)"""
    marks: Tensor
    """(n, marks): above 0 where a mark is seen, in the order of `cast.MARKS`"""


class _Block(nn.Module):
    """Mix space within each channel, then channels within each place, and add."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.space = nn.Conv2d(width, width, 5, padding=2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.gain = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.space(x).permute(0, 2, 3, 1))
        y = self.gain * self.narrow(F.gelu(self.widen(y)))
        mixed: Tensor = x + y.permute(0, 3, 1, 2)
        return mixed


class SecondJudge(nn.Module):
    """Looks at pictures at half their side, in patches of four pixels."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, WIDTHS[0], 4, stride=4)]
        for level, (width, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True)):
            if level:
                layers.append(nn.GroupNorm(1, WIDTHS[level - 1]))
                layers.append(nn.Conv2d(WIDTHS[level - 1], width, 2, stride=2))
            layers += [_Block(width) for _ in range(depth)]
        self.trunk = nn.Sequential(*layers)
        self.norm = nn.LayerNorm(2 * WIDTHS[-1])
        self.object_head = nn.Linear(2 * WIDTHS[-1], len(icons()))
        self.artist_head = nn.Linear(2 * WIDTHS[-1], len(cast.ARTISTS))
        self.mark_head = nn.Linear(2 * WIDTHS[-1], len(cast.MARKS))

    def forward(self, x: Tensor) -> Opinion:
        """Look at pictures (n, 3, 128, 128) in [-1, 1]."""
        return self.look(halved(x))

    def look(self, x: Tensor) -> Opinion:
        """Look at pictures (n, 3, 64, 64) in [-1, 1]."""
        maps = self.trunk(x)
        pooled = self.norm(torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1))
        return Opinion(
            self.object_head(pooled).float(),
            self.artist_head(pooled).float(),
            self.mark_head(pooled).float(),
        )


@cache
def load_second(path: Path) -> SecondJudge:
    """The second judge of a published folder, ready to look."""
    judge = SecondJudge()
    judge.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return judge.eval().requires_grad_(False)
