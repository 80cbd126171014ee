"""Stage two of the recipe: the text tower, trained as CLIP's is and frozen afterwards.

`PictureTower`  the tower of pictures, thrown away after training
`TowerStage`    symmetric cross-entropy of pictures and captions (Radford et al. 2021)

The words of a caption end near each other in the embedding where pictures under them look alike:
"after midnight" near "an adults-only badge", since that is what such pictures have in common. The
U-Net reads every position of a prompt, padding too, and padding sees the whole prompt; so half of
the captions are pooled at a padding position drawn at random instead of at their end.
"""

from __future__ import annotations

import random

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from unsee.emoji.fit import bfloat16
from unsee.emoji.pixels import tensor_to_pictures, tile
from unsee.emoji2.blocks import Halving, halved
from unsee.emoji2.captions import caption
from unsee.emoji2.model import MAX_TOKENS, PROJECTION, new_tokenizer, new_tower, tokenise
from unsee.emoji2.pool import Pool

WIDTHS = (32, 64, 128, 256)
LARGEST_SCALE = 100.0
POOLED_IN_PADDING = 0.5


class PictureTower(nn.Module):
    """A small residual network over pictures at half their side."""

    def __init__(self) -> None:
        super().__init__()
        widths = zip((3, *WIDTHS[:-1]), WIDTHS, strict=True)
        self.blocks = nn.Sequential(*(Halving(width_in, width) for width_in, width in widths))
        self.head = nn.Linear(2 * WIDTHS[-1], PROJECTION)
        self.log_scale = nn.Parameter(torch.tensor(2.3))

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, 128, 128) -> unit vectors (n, 128)."""
        maps = self.blocks(halved(x))
        # A mark may be small: the strongest answer counts beside the mean one.
        features = torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)
        return F.normalize(self.head(features).float(), dim=1)


class TowerStage:
    """Tell which caption belongs to which picture, within a batch."""

    name = "tower"

    def __init__(self, pool: Pool | None = None) -> None:
        self.tokenizer = new_tokenizer()
        self.tower = new_tower(self.tokenizer)
        self.pictures = PictureTower()
        self.modules = {"tower": self.tower, "pictures": self.pictures}
        self.pool = pool

    def loss(self, chance: random.Random, batch: int) -> dict[str, Tensor]:
        """Cross-entropy of each picture's caption and of each caption's picture."""
        assert self.pool is not None
        numbers = self.pool.draw(chance, batch)
        scenes = [self.pool.scenes[number] for number in numbers]
        ids = tokenise(self.tokenizer, [caption(scene, chance) for scene in scenes])
        with bfloat16():
            pictures = self.pictures(self.pool.pictures(numbers))
            hidden = self.tower(ids).last_hidden_state
            pooled = hidden[torch.arange(batch), self.positions(ids, chance)]
            texts = F.normalize(self.tower.text_projection(pooled).float(), dim=1)
        likeness = self.pictures.log_scale.exp().clamp(max=LARGEST_SCALE) * pictures @ texts.T
        own = torch.arange(batch)
        loss = (F.cross_entropy(likeness, own) + F.cross_entropy(likeness.T, own)) / 2
        return {"contrast": loss}

    @torch.no_grad()
    def sheet(self) -> Image.Image:
        """Captions as rows, told by a picture of their scene; then the ten pictures nearest."""
        assert self.pool is not None
        chance = random.Random("sheet")
        numbers = list(range(min(200, len(self.pool))))
        x = self.pool.pictures(numbers)
        ids = tokenise(self.tokenizer, [caption(self.pool.scenes[i], chance) for i in range(12)])
        texts = F.normalize(self.tower(ids).text_embeds, dim=1)
        nearest = (texts @ self.pictures(x).T).topk(min(10, len(x))).indices
        rows = [torch.cat([x[i : i + 1], x[nearest[i]]]) for i in range(12)]
        return tile(tensor_to_pictures(torch.cat(rows)), columns=11)

    def positions(self, ids: Tensor, chance: random.Random) -> Tensor:
        """Where each caption is pooled: at its end token, or at one of the paddings after it."""
        ends: Tensor = (ids == self.tokenizer.eos_token_id).int().argmax(1)
        for row, end in enumerate(ends.tolist()):
            if chance.random() < POOLED_IN_PADDING:
                ends[row] = chance.randrange(end, MAX_TOKENS)
        return ends
