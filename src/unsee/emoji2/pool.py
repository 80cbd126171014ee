"""Many scenes, each rendered once and kept in memory.

`Pool`   a fixed list of scenes, and their pictures as bytes

Rendering takes two milliseconds a picture: where a network is quick, that would be half of its
training. Pictures are made when they are first asked for, so that a resumed run starts at once.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from unsee.emoji.pixels import pictures_to_tensor
from unsee.emoji2.scenes import FREE, Freedom, Scene, sample_scene
from unsee.emoji2.theatre import Theatre


class Pool:
    """`count` scenes of the training distribution; the same ones for the same seed."""

    def __init__(self, theatre: Theatre, seed: object, count: int, freedom: Freedom = FREE) -> None:
        chance = random.Random(f"pool/{seed}")
        self.scenes: list[Scene] = [sample_scene(chance, freedom) for _ in range(count)]
        self._theatre = theatre
        # Memory is taken page by page as pictures come in.
        self._pictures = np.empty((count, theatre.size, theatre.size, 3), np.uint8)
        self._there = np.zeros(count, bool)

    def __len__(self) -> int:
        return len(self.scenes)

    def draw(self, chance: random.Random, count: int) -> list[int]:
        """Numbers of `count` different scenes."""
        return chance.sample(range(len(self.scenes)), count)

    def pictures(self, numbers: Sequence[int]) -> Tensor:
        """(n, 3, size, size) in [-1, 1]."""
        for number in numbers:
            if not self._there[number]:
                self._pictures[number] = self._theatre.render(self.scenes[number])
                self._there[number] = True
        return pictures_to_tensor(self._pictures[list(numbers)])
