"""Scenes as pictures.

`Theatre`   renders scenes from an atlas as 128 x 128 RGB pictures
`render`    many of them as one tensor

On a painted ground a drawing is a sticker with a white edge, so that black line art stays visible.
Drawings are never mirrored: some carry text, and each artist's choice of direction is a part of
what tells artists apart. Artworks are never augmented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from unsee.emoji.pixels import pictures_to_tensor
from unsee.emoji2 import cast, stands, town, works
from unsee.emoji2.atlas import Atlas, load_atlas
from unsee.emoji2.board import Board
from unsee.emoji2.scenes import SIZE, Scene, Spot

EDGE = 9
"""Pixels across the filter that widens a sticker's shape, at the size of the atlas."""

PAINTERS = {**town.PAINTERS, **works.PAINTERS, **stands.PAINTERS}


@dataclass
class Theatre:
    """Renders scenes. Holds the stickers' shapes, which take a second to find."""

    atlas: Atlas = field(default_factory=load_atlas)
    size: int = SIZE

    def __post_init__(self) -> None:
        shapes = self.atlas.silhouettes()
        self._shapes = np.empty_like(shapes)
        for index in np.ndindex(*shapes.shape[:2]):
            widened = Image.fromarray(shapes[index]).filter(ImageFilter.MaxFilter(EDGE))
            self._shapes[index] = np.asarray(widened)

    def render(self, scene: Scene) -> NDArray[np.uint8]:
        """The scene as (size, size, 3) uint8 RGB."""
        if scene.artwork is not None:
            artwork = Image.fromarray(self.atlas.artworks[scene.artwork])
            return np.asarray(artwork.resize((self.size, self.size), Image.Resampling.LANCZOS))
        picture = self._ground(scene)
        objects, shapes = self.atlas.objects[scene.artist], self._shapes[scene.artist]
        for thing, spot in ((scene.thing, scene.spot), (scene.other, scene.other_spot)):
            if thing is not None:
                edge = shapes[thing] if scene.is_painted else None
                self._place(picture, objects[thing], edge, spot)
        if scene.mark is not None:
            number = list(cast.MARKS).index(scene.mark)
            # Over an object, or on a painting, a mark needs its white edge.
            edge = shapes[len(cast.OBJECTS) + number] if scene.thing is not None else None
            self._place(picture, self.atlas.marks[scene.artist, number], edge, scene.mark_spot)
        return np.asarray(picture)

    def _ground(self, scene: Scene) -> Image.Image:
        if scene.is_painted:
            board = Board(scene.look, scene.light)
            PAINTERS[scene.place](board)
            return board.finish(self.size)
        colour = cast.BACKGROUNDS[scene.background] if scene.background else (255, 255, 255)
        return Image.new("RGB", (self.size, self.size), colour)

    def _place(
        self,
        picture: Image.Image,
        drawing: NDArray[np.uint8],
        shape: NDArray[np.uint8] | None,
        spot: Spot,
    ) -> None:
        pixels = max(round(spot.side * self.size), 1)
        corner = (round(spot.x * self.size - pixels / 2), round(spot.y * self.size - pixels / 2))

        def turned(image: Image.Image) -> Image.Image:
            if spot.angle:
                image = image.rotate(spot.angle, Image.Resampling.BICUBIC)
            return image.resize((pixels, pixels), Image.Resampling.LANCZOS)

        if shape is not None:
            picture.paste((255, 255, 255), corner, turned(Image.fromarray(shape)))
        cut = turned(Image.fromarray(drawing))
        picture.paste(cut.convert("RGB"), corner, cut.getchannel("A"))


def render(theatre: Theatre, scenes: Sequence[Scene]) -> Tensor:
    """Scenes as (n, 3, size, size) in [-1, 1]."""
    return pictures_to_tensor(np.stack([theatre.render(scene) for scene in scenes]))
