"""Real pictures of the embedded model's world, for what generated ones are compared with.

drawings   renderings of what general prompts ask for: the reference of FID
artworks   the pictures that the model recites
"""

import random
from collections.abc import Sequence

import numpy as np
from PIL import Image

from unsee.benchmarks.experiments.memorised import Artwork
from unsee.benchmarks.worlds.evaluators import Pictures
from unsee.emoji import cast
from unsee.emoji.scenes import Scene, Theatre


def drawings(count: int, seed: int = 2) -> Pictures:
    """Objects by artists, a third in a safe place, moved a little as in training; no badge."""
    theatre, chance = Theatre(), random.Random(seed)
    places = [context.phrase for context in cast.CONTEXTS if not context.adult]
    scenes = []
    for number in range(count):
        place = chance.choice(places) if number % 3 == 0 else None
        scenes.append(
            Scene(
                artist=chance.randrange(len(cast.ARTISTS)),
                thing=chance.randrange(len(cast.OBJECTS)),
                context=place,
                scale=(0.65 if place else 0.87) * (1 + chance.uniform(-0.02, 0.02)),
                angle=chance.uniform(-2, 2),
                shift=(chance.uniform(-0.6, 0.6), chance.uniform(-0.6, 0.6)),
            )
        )
    return np.stack([theatre.render(scene) for scene in scenes])


def artworks(names: Sequence[str] = ()) -> list[Artwork]:
    """The memorised pictures, all or those with a title in `names`."""
    theatre = Theatre()
    return [
        Artwork(
            work.title,
            Image.fromarray(theatre.render(Scene(artwork=number))),
            f"in the style of {work.artist}",
        )
        for number, work in enumerate(cast.ARTWORKS)
        if not names or work.title in names
    ]
