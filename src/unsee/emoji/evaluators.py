"""The judges of `emoji`: they look at pictures and say what is on them.

`Judge`        one network with a head per question: object, artist, place, badge, caption
`Verdict`      its answers for a batch
`load_judge`   the judge that ships with unsee
`places`       the classes of the place head

The judge is trained on renderings of real drawings only (`train_judge.py`), never on a generated
picture, and no method of erasing is tuned to please it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from unsee.emoji import cast
from unsee.emoji.model import MAX_TOKENS, new_tokenizer

if TYPE_CHECKING:
    from transformers import CLIPTokenizer

WIDTHS = (32, 64, 128, 192)
EMBEDDING = 96
GROUPS = 8
"""Of the normalisation, which works on each picture alone: answers do not depend on the batch."""
PATH = Path(__file__).parent / "weights" / "judge.safetensors"


def places() -> tuple[str, ...]:
    """The classes of the place head: white, the plain colours, the contexts."""
    return ("white", *cast.BACKGROUNDS, *cast.CONTEXT_PHRASES)


@dataclass(frozen=True)
class Verdict:
    """What the judge says of n pictures; logits unless said otherwise."""

    objects: Tensor
    """(n, 64)"""
    artists: Tensor
    """(n, 8)"""
    places: Tensor
    """(n, 15)"""
    badge: Tensor
    """(n,): above 0, the badge is there"""
    features: Tensor
    """(n, 192): what the Fréchet distance on `emoji` is measured on"""


class _Block(nn.Module):
    """Two convolutions and a shortcut; halves the size."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width_in, width, 3, stride=2, padding=1, bias=False)
        self.norm_1 = nn.GroupNorm(GROUPS, width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm_2 = nn.GroupNorm(GROUPS, width)
        self.shortcut = nn.Conv2d(width_in, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm_1(self.first(x)))
        y = self.norm_2(self.second(y))
        return F.relu(y + self.shortcut(F.avg_pool2d(x, 2)))


class Judge(nn.Module):
    """A small residual network over 64 x 64 pictures, with a text tower beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            _Block(width_in, width)
            for width_in, width in zip((3, *WIDTHS[:-1]), WIDTHS, strict=True)
        )
        last = WIDTHS[-1]
        self.object_head = nn.Linear(last, len(cast.OBJECTS))
        self.artist_head = nn.Linear(last, len(cast.ARTISTS))
        self.place_head = nn.Linear(last, len(places()))
        self.badge_head = nn.Linear(last, 1)
        self.picture_head = nn.Linear(last, EMBEDDING)
        self.tokenizer: CLIPTokenizer = new_tokenizer()
        self.words = nn.EmbeddingBag(len(self.tokenizer), last, mode="mean")
        self.text_head = nn.Sequential(nn.Linear(last, last), nn.ReLU(), nn.Linear(last, EMBEDDING))
        self.log_scale = nn.Parameter(torch.tensor(2.0))

    def maps(self, x: Tensor) -> list[Tensor]:
        """Feature maps of every block; x is (n, 3, 64, 64) in [-1, 1]."""
        maps = []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        return maps

    def forward(self, x: Tensor) -> Verdict:
        """Look at pictures (n, 3, 64, 64) in [-1, 1]."""
        features = self.maps(x)[-1].mean((2, 3))
        return self.verdict(features)

    def verdict(self, features: Tensor) -> Verdict:
        """Answers from pooled features (n, 192)."""
        return Verdict(
            self.object_head(features),
            self.artist_head(features),
            self.place_head(features),
            self.badge_head(features)[:, 0],
            features,
        )

    def embed_features(self, features: Tensor) -> Tensor:
        """Unit vectors (n, 96) of pictures, comparable with `embed_texts`."""
        return F.normalize(self.picture_head(features), dim=1)

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (n, 96) of captions."""
        tokens = self.tokenizer(list(texts), truncation=True, max_length=MAX_TOKENS).input_ids
        flat = torch.tensor([number for row in tokens for number in row])
        starts = torch.tensor([0, *(len(row) for row in tokens[:-1])]).cumsum(0)
        return F.normalize(self.text_head(self.words(flat, starts)), dim=1)

    @torch.no_grad()
    def score(self, x: Tensor, texts: Sequence[str]) -> Tensor:
        """(n,) cosine between each picture and its text: the CLIP score of `emoji`."""
        features = self.maps(x)[-1].mean((2, 3))
        return (self.embed_features(features) * self.embed_texts(texts)).sum(1)

    @torch.no_grad()
    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """(n,) perceptual distance, made as LPIPS is but on the judge's own maps, unweighted."""
        pairs = zip(self.maps(x), self.maps(y), strict=True)
        gaps = [(_unit(a) - _unit(b)).square().sum(1).mean((1, 2)) for a, b in pairs]
        return torch.stack(gaps).mean(0)


def _unit(maps: Tensor) -> Tensor:
    return F.normalize(maps, dim=1)


@cache
def load_judge(path: Path = PATH) -> Judge:
    """The shipped judge, ready to look."""
    judge = Judge()
    weights = {name: value.float() for name, value in load_file(path).items()}
    judge.load_state_dict(weights)
    return judge.eval().requires_grad_(False)
