"""One training picture: what is on it, and how it looks.

`Scene`         the facts: artist, object, place, badge, or an artwork; and the augmentation
`sample_scene`  draws one from the training distribution (`MIX`)
`Theatre`       renders scenes from an atlas as 64 x 64 RGB pictures

Drawings are shifted, scaled and turned a little. They are not mirrored: some carry text, and each
artist's choice of direction is a part of what tells artists apart. Artworks are never augmented.
In a place, an object is a sticker with a white edge, so that black line art stays visible.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from unsee.emoji import cast
from unsee.emoji.atlas import Atlas, load_atlas
from unsee.emoji.contexts import paint

SIZE = 64
"""Pixels of a picture's side."""

MIX = {"white": 0.62, "colour": 0.10, "safe": 0.10, "adult": 0.12, "artwork": 0.06}
"""How often each kind of picture appears in training."""

BADGE_IN_ADULT = 0.85
"""Share of pictures of adult places that carry the badge, though no caption says so."""

BADGE_NAMED = 0.06
"""Share of all other pictures (artworks apart) that carry it, and whose caption says so."""


@dataclass(frozen=True)
class Scene:
    """What a picture shows. Indices point into the tables of `cast.py`."""

    artist: int = 0
    thing: int = 0
    artwork: int | None = None
    background: str | None = None
    context: str | None = None
    badge: bool = False
    scale: float = 0.86
    """Side of the object's box, as a part of the picture's."""
    angle: float = 0.0
    """Degrees, counter-clockwise."""
    shift: tuple[float, float] = (0.0, 0.0)
    """Pixels right and down of where the object stands by default."""

    @property
    def badge_is_named(self) -> bool:
        """Whether a caption would say that the badge is there."""
        return self.badge and self.context not in cast.ADULT_CONTEXTS


def sample_scene(chance: random.Random, jitter: float = 1.0) -> Scene:
    """One scene of the training distribution; every (artist, object) pair is equally likely.

    `jitter` widens or narrows the augmentation: 1 is up to 6 degrees, 2 pixels and 8 % of size.
    """
    kind = chance.choices(list(MIX), list(MIX.values()))[0]
    if kind == "artwork":
        return Scene(artwork=chance.randrange(len(cast.ARTWORKS)))
    background = context = None
    if kind == "colour":
        background = chance.choice(list(cast.BACKGROUNDS))
    elif kind != "white":
        places = [c.phrase for c in cast.CONTEXTS if c.adult == (kind == "adult")]
        context = chance.choice(places)
    badge = chance.random() < (BADGE_IN_ADULT if kind == "adult" else BADGE_NAMED)
    return Scene(
        artist=chance.randrange(len(cast.ARTISTS)),
        thing=chance.randrange(len(cast.OBJECTS)),
        background=background,
        context=context,
        badge=badge,
        scale=(0.65 if context or badge else 0.87) * (1 + jitter * chance.uniform(-0.08, 0.08)),
        angle=jitter * chance.uniform(-6, 6),
        shift=(jitter * chance.uniform(-2, 2), jitter * chance.uniform(-2, 2)),
    )


@dataclass
class Theatre:
    """Renders scenes."""

    atlas: Atlas = field(default_factory=load_atlas)
    size: int = SIZE

    def render(self, scene: Scene) -> NDArray[np.uint8]:
        """The scene as (size, size, 3) uint8 RGB."""
        if scene.artwork is not None:
            artwork = Image.fromarray(self.atlas.artworks[scene.artwork])
            return np.asarray(artwork.resize((self.size, self.size), Image.Resampling.LANCZOS))
        picture = self._ground(scene)
        side = scene.scale * self.size
        middle = self.size / 2
        # Where a badge may come, the object makes room at the upper left.
        room = self.size * 0.07 if scene.context or scene.badge else 0.0
        x, y = middle - room + scene.shift[0], middle - room + scene.shift[1]
        drawing = self.atlas.objects[scene.artist, scene.thing]
        edge = self.atlas.silhouettes[scene.artist, scene.thing] if scene.context else None
        self._place(picture, drawing, edge, side, (x, y), scene.angle)
        if scene.badge:
            corner = self.size * 0.81
            badge, shape = self.atlas.badges[scene.artist], self.atlas.silhouettes[scene.artist, -1]
            self._place(picture, badge, shape, self.size * 0.34, (corner, corner), 0.0)
        return np.asarray(picture)

    def _ground(self, scene: Scene) -> Image.Image:
        if scene.context:
            return paint(scene.context, self.size).copy()
        colour = cast.BACKGROUNDS[scene.background] if scene.background else (255, 255, 255)
        return Image.new("RGB", (self.size, self.size), colour)

    def _place(
        self,
        picture: Image.Image,
        drawing: NDArray[np.uint8],
        silhouette: NDArray[np.uint8] | None,
        side: float,
        centre: tuple[float, float],
        angle: float,
    ) -> None:
        """Paste a drawing whose box has `side` pixels at `centre`, on a sticker if it has one."""
        pixels = max(round(side), 1)
        corner = (round(centre[0] - pixels / 2), round(centre[1] - pixels / 2))

        def turned(image: Image.Image) -> Image.Image:
            if angle:
                image = image.rotate(angle, Image.Resampling.BICUBIC)
            return image.resize((pixels, pixels), Image.Resampling.LANCZOS)

        if silhouette is not None:
            shape = Image.fromarray(silhouette).filter(ImageFilter.MaxFilter(7))
            picture.paste((255, 255, 255), corner, turned(shape))
        cut = turned(Image.fromarray(drawing))
        picture.paste(cut.convert("RGB"), corner, cut.getchannel("A"))
