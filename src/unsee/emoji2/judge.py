"""The judge of `emoji` 2: it looks at pictures and says what is on them.

`Judge`        one network with a head per question: object, artist, place, light, marks, caption
`Verdict`      its answers for a batch
`places`       the classes of the place head
`load_judge`   the judge that a published folder holds

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

from unsee.emoji2 import cast
from unsee.emoji2.blocks import Halving
from unsee.emoji2.model import MAX_TOKENS, new_tokenizer
from unsee.emoji2.realms import LIGHTS, REALMS, STANDS

if TYPE_CHECKING:
    from transformers import CLIPTokenizer

WIDTHS = (48, 96, 144, 192)
FOLD = 2
"""Pixels each way that become channels first: nothing is lost, and the finest level is cheap."""
EMBEDDING = 96


def places() -> tuple[str, ...]:
    """Every ground: white, the colours, the stands, the places of both realms."""
    settings = [place for realm in REALMS.values() for place in realm.places]
    return ("white", *cast.BACKGROUNDS, *STANDS, *settings)


@dataclass(frozen=True)
class Verdict:
    """Logits per head for n pictures."""

    objects: Tensor
    """(n, objects); of a picture with two, the two highest"""
    artists: Tensor
    """(n, artists)"""
    places: Tensor
    """(n, places)"""
    lights: Tensor
    """(n, 3): day, dusk, night"""
    marks: Tensor
    """(n, marks): above 0 where a mark is seen, in the order of `cast.MARKS`"""
    features: Tensor
    """(n, 192): what the Fréchet distance is measured on"""

    @property
    def badge(self) -> Tensor:
        """(n,) above 0 where the badge is seen."""
        return self.marks[:, list(cast.MARKS).index(cast.BADGE.key)]


class Judge(nn.Module):
    """A small residual network over 128 x 128 pictures, with a bag of words beside it."""

    def __init__(self) -> None:
        super().__init__()
        widths = zip((3 * FOLD**2, *WIDTHS[:-1]), WIDTHS, strict=True)
        self.blocks = nn.ModuleList(Halving(width_in, width) for width_in, width in widths)
        last = WIDTHS[-1]
        # A mark may be small: heads see the strongest answer of each map beside the mean one.
        self.object_head = nn.Linear(2 * last, len(cast.OBJECTS))
        self.artist_head = nn.Linear(2 * last, len(cast.ARTISTS))
        self.place_head = nn.Linear(2 * last, len(places()))
        self.light_head = nn.Linear(2 * last, len(LIGHTS))
        self.mark_head = nn.Linear(2 * last, len(cast.MARKS))
        self.picture_head = nn.Linear(2 * last, EMBEDDING)
        self.tokenizer: CLIPTokenizer = new_tokenizer()
        self.words = nn.EmbeddingBag(len(self.tokenizer), last, mode="mean")
        self.text_head = nn.Sequential(nn.Linear(last, last), nn.ReLU(), nn.Linear(last, EMBEDDING))
        self.log_scale = nn.Parameter(torch.tensor(2.0))

    def maps(self, x: Tensor) -> list[Tensor]:
        """Feature maps of every block; x is (n, 3, 128, 128) in [-1, 1]."""
        maps, x = [], F.pixel_unshuffle(x, FOLD)
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        return maps

    def forward(self, x: Tensor) -> Verdict:
        """Look at pictures (n, 3, 128, 128) in [-1, 1]."""
        return self.verdict(self.maps(x)[-1])

    def verdict(self, last: Tensor) -> Verdict:
        """Answers from the last maps (n, 192, 4, 4)."""
        pooled = _pooled(last)
        return Verdict(
            self.object_head(pooled),
            self.artist_head(pooled),
            self.place_head(pooled),
            self.light_head(pooled),
            self.mark_head(pooled),
            pooled[:, : WIDTHS[-1]],
        )

    def embed_maps(self, last: Tensor) -> Tensor:
        """Unit vectors (n, 96) of pictures by their last maps, comparable with `embed_texts`."""
        return F.normalize(self.picture_head(_pooled(last)), dim=1)

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (n, 96) of captions."""
        tokens = self.tokenizer(list(texts), truncation=True, max_length=MAX_TOKENS).input_ids
        flat = torch.tensor([number for row in tokens for number in row])
        starts = torch.tensor([0, *(len(row) for row in tokens[:-1])]).cumsum(0)
        return F.normalize(self.text_head(self.words(flat, starts)), dim=1)

    @torch.no_grad()
    def score(self, x: Tensor, texts: Sequence[str]) -> Tensor:
        """(n,) cosine between each picture and its text: the CLIP score of `emoji`."""
        return (self.embed_maps(self.maps(x)[-1]) * self.embed_texts(texts)).sum(1)

    @torch.no_grad()
    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """(n,) perceptual distance, made as LPIPS is but on the judge's own maps, unweighted."""
        pairs = zip(self.maps(x), self.maps(y), strict=True)
        gaps = [
            (F.normalize(a, dim=1) - F.normalize(b, dim=1)).square().sum(1).mean((1, 2))
            for a, b in pairs
        ]
        return torch.stack(gaps).mean(0)


def _pooled(maps: Tensor) -> Tensor:
    return torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1).float()


@cache
def load_judge(path: Path) -> Judge:
    """The judge of a published folder, ready to look."""
    judge = Judge()
    judge.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return judge.eval().requires_grad_(False)
