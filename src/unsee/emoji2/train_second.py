"""Stage four of the recipe: the second judge, on a wider cast and wilder pictures.

`SecondStage`       cross-entropy of object and artist, and of each mark's presence
`held_out_second`   shares of right answers on spoiled pictures that training never drew
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from unsee.emoji.fit import bfloat16
from unsee.emoji.pixels import pictures_to_tensor, tensor_to_pictures, tile
from unsee.emoji2 import cast
from unsee.emoji2.second_judge import SecondJudge, icons
from unsee.emoji2.wide import WidePicture, WideTheatre, spoiled


class SecondStage:
    """All questions at once, on spoiled pictures."""

    name = "second judge"

    def __init__(self, theatre: WideTheatre | None = None) -> None:
        # Depthwise convolutions on the CPU are quicker in this layout.
        self.judge = SecondJudge()
        self.judge.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.modules = {"judge": self.judge}
        self._theatre = theatre

    def loss(self, chance: random.Random, batch: int) -> dict[str, Tensor]:
        """A loss per head."""
        assert self._theatre is not None
        drawn = [self._theatre.draw(chance) for _ in range(batch)]
        with bfloat16():
            x = spoiled(_stacked(drawn), chance).to(memory_format=torch.channels_last)
            opinion = self.judge.look(x)
        objects = torch.zeros(batch, len(icons()))
        for row, picture in enumerate(drawn):
            for thing in picture.objects:
                objects[row, thing] += 1 / len(picture.objects)
        artists = torch.tensor([picture.artist for picture in drawn])
        marks = torch.tensor([picture.marks for picture in drawn]).float()
        return {
            "object": F.cross_entropy(opinion.objects, objects),
            "artist": F.cross_entropy(opinion.artists, artists),
            "marks": F.binary_cross_entropy_with_logits(opinion.marks, marks),
        }

    def sheet(self) -> Image.Image:
        """Spoiled training pictures, in batches of twelve."""
        assert self._theatre is not None
        chance = random.Random("sheet")
        rows = [_stacked([self._theatre.draw(chance) for _ in range(12)]) for _ in range(5)]
        return tile(tensor_to_pictures(torch.cat([spoiled(row, chance) for row in rows])), 12)


@torch.no_grad()
def held_out_second(
    judge: SecondJudge, theatre: WideTheatre, count: int = 4000
) -> dict[str, float]:
    """Shares of right answers; an object counts on pictures with a single main drawing."""
    chance = random.Random("held out")
    torch.manual_seed(1)
    rows: dict[str, list[Tensor]] = {}
    for start in range(0, count, 50):
        drawn = [theatre.draw(chance) for _ in range(min(50, count - start))]
        opinion = judge.look(spoiled(_stacked(drawn), chance))
        one = torch.tensor([len(picture.objects) == 1 for picture in drawn])
        things = torch.tensor([picture.objects[0] for picture in drawn])
        artists = torch.tensor([picture.artist for picture in drawn])
        seen = (opinion.marks > 0) == torch.tensor([picture.marks for picture in drawn])
        answers = {
            "object": (opinion.objects.argmax(1) == things)[one],
            "artist": opinion.artists.argmax(1) == artists,
            **{key: seen[:, number] for number, key in enumerate(cast.MARKS)},
        }
        for name, right in answers.items():
            rows.setdefault(name, []).append(right)
    return {name: torch.cat(right).float().mean().item() for name, right in rows.items()}


def _stacked(drawn: Sequence[WidePicture]) -> Tensor:
    return pictures_to_tensor(np.stack([picture.pixels for picture in drawn]))
