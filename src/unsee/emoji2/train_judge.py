"""Stage three of the recipe: the judge, on renderings of real drawings only.

`JudgeStage`  cross-entropy for every head, and a contrastive loss between pictures and captions
`held_out`    shares of right answers on scenes that training never drew
`softened`    pictures blurred and covered with a little noise, at random

A judge of generated pictures has to read soft ones too, and it must learn that without ever being
shown one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from unsee.emoji.fit import bfloat16
from unsee.emoji.pixels import tensor_to_pictures, tile
from unsee.emoji2 import cast
from unsee.emoji2.captions import caption
from unsee.emoji2.judge import Judge, Verdict, places
from unsee.emoji2.pool import Pool
from unsee.emoji2.realms import LIGHTS
from unsee.emoji2.scenes import Scene, sample_scene
from unsee.emoji2.theatre import Theatre, render

HELD_OUT_SEED = "held out"


class JudgeStage:
    """All questions at once: the heads share one trunk."""

    name = "judge"

    def __init__(self, pool: Pool | None = None) -> None:
        self.judge = Judge()
        self.modules = {"judge": self.judge}
        self._pool = pool

    def loss(self, chance: random.Random, batch: int) -> dict[str, Tensor]:
        """A loss per head, on a batch of softened pictures."""
        assert self._pool is not None
        numbers = self._pool.draw(chance, batch)
        scenes = [self._pool.scenes[number] for number in numbers]
        with bfloat16():
            last = self.judge.maps(softened(self._pool.pictures(numbers), chance))[-1]
        verdict = self.judge.verdict(last)
        texts = self.judge.embed_texts([caption(scene, chance) for scene in scenes])
        likeness = self.judge.log_scale.exp() * self.judge.embed_maps(last) @ texts.T
        own = torch.arange(batch)
        contrast = (F.cross_entropy(likeness, own) + F.cross_entropy(likeness.T, own)) / 2
        return {**_losses(verdict, scenes), "caption": contrast}

    def sheet(self) -> Image.Image:
        """Softened training pictures, as the judge sees them."""
        assert self._pool is not None
        chance = random.Random("sheet")
        x = self._pool.pictures(range(min(48, len(self._pool))))
        return tile(tensor_to_pictures(torch.cat([softened(y[None], chance) for y in x])), 12)


@torch.no_grad()
def held_out(judge: Judge, theatre: Theatre, count: int = 4000) -> dict[str, float]:
    """Shares of right answers per head, each on the scenes that its question fits."""
    chance = random.Random(HELD_OUT_SEED)
    rows: dict[str, list[Tensor]] = {}
    for start in range(0, count, 100):
        scenes = [sample_scene(chance) for _ in range(min(100, count - start))]
        last = judge.maps(render(theatre, scenes))[-1]
        for name, right in _right(judge.verdict(last), scenes).items():
            rows.setdefault(name, []).append(right)
        likeness = (
            judge.embed_maps(last) @ judge.embed_texts([caption(s, chance) for s in scenes]).T
        )
        # The right caption must beat that of the next picture.
        rows.setdefault("caption", []).append(likeness.diagonal() > likeness.roll(1, 1).diagonal())
    return {name: torch.cat(right).float().mean().item() for name, right in rows.items()}


def softened(x: Tensor, chance: random.Random) -> Tensor:
    """Blur of up to 2 pixels and noise of up to 0.1, the same for the batch; often neither."""
    if chance.random() < 0.6:
        sigma = chance.uniform(0.3, 2.0)
        reach = torch.arange(-5, 6).float()
        kernel = torch.exp(-0.5 * (reach / sigma).square())
        kernel = (kernel / kernel.sum()).expand(3, 1, 1, -1)
        x = F.conv2d(F.pad(x, (5, 5, 5, 5), mode="replicate"), kernel, groups=3)
        x = F.conv2d(x, kernel.transpose(2, 3), groups=3)
    if chance.random() < 0.5:
        x = x + chance.uniform(0, 0.1) * torch.randn_like(x)
    return x


def _losses(verdict: Verdict, scenes: Sequence[Scene]) -> dict[str, Tensor]:
    things = torch.zeros(len(scenes), len(cast.OBJECTS))
    for row, scene in enumerate(scenes):
        there = [thing for thing in (scene.thing, scene.other) if thing is not None]
        for thing in there:
            things[row, thing] = 1 / len(there)
    with_thing = things.sum(1) > 0
    drawn, lit = _where(scenes, "drawn"), _where(scenes, "lit")
    artists = torch.tensor([scene.artist for scene in scenes])
    grounds = torch.tensor([places().index(scene.place) for scene in scenes])
    lights = torch.tensor([LIGHTS.index(scene.light) for scene in scenes])
    return {
        "object": F.cross_entropy(verdict.objects[with_thing], things[with_thing]),
        "artist": F.cross_entropy(verdict.artists[drawn], artists[drawn]),
        "place": F.cross_entropy(verdict.places[drawn], grounds[drawn]),
        "light": _mean(F.cross_entropy(verdict.lights[lit], lights[lit], reduction="none")),
        "marks": F.binary_cross_entropy_with_logits(verdict.marks, _marks(scenes).float()),
    }


def _right(verdict: Verdict, scenes: Sequence[Scene]) -> dict[str, Tensor]:
    drawn, lit = _where(scenes, "drawn"), _where(scenes, "lit")
    two, one = _where(scenes, "two"), _where(scenes, "one")
    things = torch.tensor([-1 if scene.thing is None else scene.thing for scene in scenes])
    others = torch.tensor([-1 if scene.other is None else scene.other for scene in scenes])
    pairs = torch.stack([things, others], 1).sort(1).values
    artists = torch.tensor([scene.artist for scene in scenes])
    grounds = torch.tensor([places().index(scene.place) for scene in scenes])
    lights = torch.tensor([LIGHTS.index(scene.light) for scene in scenes])
    seen = (verdict.marks > 0) == _marks(scenes)
    marks = {key: seen[:, number] for number, key in enumerate(cast.MARKS)}
    return {
        "object": (verdict.objects.argmax(1) == things)[one],
        "both objects": (verdict.objects.topk(2).indices.sort(1).values == pairs).all(1)[two],
        "artist": (verdict.artists.argmax(1) == artists)[drawn],
        "place": (verdict.places.argmax(1) == grounds)[drawn],
        "light": (verdict.lights.argmax(1) == lights)[lit],
        **marks,
    }


def _where(scenes: Sequence[Scene], what: str) -> Tensor:
    """(n,) which scenes a question fits: an artwork has no artist, object or place to ask for."""
    fits = {
        "drawn": [scene.artwork is None for scene in scenes],
        "lit": [scene.setting is not None for scene in scenes],
        "one": [scene.thing is not None and scene.other is None for scene in scenes],
        "two": [scene.other is not None for scene in scenes],
    }
    return torch.tensor(fits[what])


def _marks(scenes: Sequence[Scene]) -> Tensor:
    return torch.tensor([[scene.mark == key for key in cast.MARKS] for scene in scenes])


def _mean(losses: Tensor) -> Tensor:
    """The mean, or 0 of none: a small batch may hold no setting."""
    return losses.sum() / max(len(losses), 1)
