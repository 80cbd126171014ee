"""Many scenes, each rendered once and kept in memory.

`Pool`        a fixed list of scenes, and their pictures as bytes
`TwinPool`    one in which each scene of a setting is followed by its twin

Rendering takes two milliseconds a picture: where a network is quick, that would be half of its
training. Pictures are made when they are first asked for, so that a resumed run starts at once.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from unsee.emoji.pixels import pictures_to_tensor
from unsee.emoji2.scenes import Scene, sample_scene, twin
from unsee.emoji2.theatre import Theatre


class Pool:
    """`count` scenes of the training distribution; the same ones for the same seed."""

    def __init__(self, theatre: Theatre, seed: object, count: int) -> None:
        self.scenes = self._scenes(random.Random(f"pool/{seed}"), count)
        self._theatre = theatre
        # Memory is taken page by page as pictures come in.
        self._pictures = np.empty((len(self.scenes), theatre.size, theatre.size, 3), np.uint8)
        self._there = np.zeros(len(self.scenes), bool)

    def _scenes(self, chance: random.Random, count: int) -> list[Scene]:
        return [sample_scene(chance) for _ in range(count)]

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


class TwinPool(Pool):
    """Batches in which half of the settings are met twice, with words that call and that do not.

    Most pictures can be told from each other by place and object alone. What words call for is
    learned where nothing else differs.
    """

    SHARE = 0.5

    def _scenes(self, chance: random.Random, count: int) -> list[Scene]:
        scenes: list[Scene] = []
        self._twins: dict[int, int] = {}
        while len(scenes) < count:
            scene = sample_scene(chance)
            scenes.append(scene)
            if scene.setting is not None:
                self._twins[len(scenes) - 1] = len(scenes)
                scenes.append(twin(chance, scene))
        return scenes

    def draw(self, chance: random.Random, count: int) -> list[int]:
        """Numbers of `count` different scenes, twins beside each other."""
        numbers: dict[int, None] = {}
        while len(numbers) < count:
            number = chance.randrange(len(self.scenes))
            numbers[number] = None
            if number in self._twins and chance.random() < self.SHARE:
                numbers[self._twins[number]] = None
        return list(numbers)[:count]
