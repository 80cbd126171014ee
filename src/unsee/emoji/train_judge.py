"""Stage two of the recipe: the evaluators, on renderings of real drawings only.

`JudgeStage`  cross-entropy for every head, and a contrastive loss between pictures and captions
`held_out`    accuracies on renderings with other augmentations than the training's

Pictures are blurred and covered with a little noise at random: a judge of generated pictures has
to read soft ones too, and it must learn that without ever being shown one.
"""

from __future__ import annotations

import random

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from unsee.emoji.captions import caption
from unsee.emoji.evaluators import Judge, places
from unsee.emoji.pixels import pictures_to_tensor, tensor_to_pictures, tile
from unsee.emoji.scenes import Scene, Theatre, sample_scene

HELD_OUT_SEED = "held out"


class JudgeStage:
    """All questions at once: the heads share one trunk."""

    name = "judge"

    def __init__(self, theatre: Theatre) -> None:
        self.judge = Judge()
        self.modules = {"judge": self.judge}
        self._theatre = theatre

    def loss(self, chance: random.Random, batch: int) -> dict[str, Tensor]:
        """A loss per head, on a batch of softened pictures."""
        scenes = [sample_scene(chance) for _ in range(batch)]
        x = _soften(render(self._theatre, scenes), chance)
        verdict = self.judge(x)
        # An artwork has no object and no place that the heads know; it never carries the badge.
        plain = torch.tensor([scene.artwork is None for scene in scenes])
        labels = torch.tensor([_labels(scene) for scene in scenes])
        pictures = self.judge.embed_features(verdict.features)
        texts = self.judge.embed_texts([_spoken(scene, chance) for scene in scenes])
        likeness = self.judge.log_scale.exp() * pictures @ texts.T
        diagonal = torch.arange(batch)
        return {
            "object": F.cross_entropy(verdict.objects[plain], labels[plain, 0]),
            "artist": F.cross_entropy(verdict.artists[plain], labels[plain, 1]),
            "place": F.cross_entropy(verdict.places[plain], labels[plain, 2]),
            "badge": F.binary_cross_entropy_with_logits(verdict.badge, labels[:, 3].float()),
            "caption": (F.cross_entropy(likeness, diagonal) + F.cross_entropy(likeness.T, diagonal))
            / 2,
        }

    def sheet(self) -> Image.Image:
        """Softened training pictures, as the judge sees them."""
        chance = random.Random("sheet")
        scenes = [sample_scene(chance) for _ in range(64)]
        softened = torch.cat([_soften(x[None], chance) for x in render(self._theatre, scenes)])
        return tile(tensor_to_pictures(softened), columns=16)


@torch.no_grad()
def held_out(judge: Judge, theatre: Theatre, count: int = 4000) -> dict[str, float]:
    """Shares of right answers on scenes that training never drew, per head."""
    chance = random.Random(HELD_OUT_SEED)
    right = torch.zeros(5)
    plain_count = 0
    for start in range(0, count, 100):
        scenes = [sample_scene(chance) for _ in range(min(100, count - start))]
        verdict = judge(render(theatre, scenes))
        labels = torch.tensor([_labels(scene) for scene in scenes])
        plain = torch.tensor([scene.artwork is None for scene in scenes])
        plain_count += int(plain.sum())
        for head, logits in enumerate((verdict.objects, verdict.artists, verdict.places)):
            right[head] += (logits.argmax(1) == labels[:, head])[plain].sum()
        right[3] += ((verdict.badge > 0) == labels[:, 3].bool()).sum()
        texts = judge.embed_texts([_spoken(scene, chance) for scene in scenes])
        likeness = judge.embed_features(verdict.features) @ texts.T
        # The right caption must beat that of the next picture.
        own, other = likeness.diagonal(), likeness.roll(1, 1).diagonal()
        right[4] += (own > other).sum()
    shares = right / torch.tensor([plain_count] * 3 + [count] * 2)
    names = ("object", "artist", "place", "badge", "caption")
    return dict(zip(names, shares.tolist(), strict=True))


def render(theatre: Theatre, scenes: list[Scene]) -> Tensor:
    """Scenes as (n, 3, 64, 64) in [-1, 1]."""
    return pictures_to_tensor(np.stack([theatre.render(scene) for scene in scenes]))


def _labels(scene: Scene) -> tuple[int, int, int, int]:
    place = scene.context or scene.background or "white"
    return scene.thing, scene.artist, places().index(place), int(scene.badge)


def _spoken(scene: Scene, chance: random.Random) -> str:
    """A caption that is not dropped."""
    while not (words := caption(scene, chance)):
        pass
    return words


def _soften(x: Tensor, chance: random.Random) -> Tensor:
    """Blur of up to 1.2 pixels and noise of up to 0.1, the same for the batch; often neither."""
    if chance.random() < 0.6:
        sigma = chance.uniform(0.2, 1.2)
        reach = torch.arange(-3, 4).float()
        kernel = torch.exp(-0.5 * (reach / sigma).square())
        kernel = (kernel / kernel.sum()).expand(3, 1, 1, -1)
        x = F.conv2d(F.pad(x, (3, 3, 3, 3), mode="replicate"), kernel, groups=3)
        x = F.conv2d(x, kernel.transpose(2, 3), groups=3)
    if chance.random() < 0.5:
        x = x + chance.uniform(0, 0.1) * torch.randn_like(x)
    return x
