"""The world of the embedded model: its cast, its places, and drawings of them.

Emoji        what is asked, and by whom it is judged
scenes       prompts: objects in places, by artists drawn by lot
Renderings   real pictures: scenes, each drawn when its turn comes
drawings     renderings of what general prompts ask for: the reference of FID
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from PIL import Image

from unsee.benchmarks.pictures import Pictures
from unsee.benchmarks.worlds.world import Artwork, World
from unsee.emoji import cast
from unsee.emoji.captions import ARTIST_ALONE, BADGE_SUFFIX
from unsee.errors import OptionError, option
from unsee.prompts import PromptSet

if TYPE_CHECKING:
    from unsee.denoisers.base import Denoiser
    from unsee.emoji.scenes import Scene, Theatre

NAME = "emoji"
REAL_PICTURES = 256
"""Drawings that FID is measured to, at the least."""


@dataclass(frozen=True, kw_only=True)
class Emoji(World):
    """What `emoji` knows: 64 objects, 8 artists, places, memorised pictures, a badge."""

    name: str = NAME
    artists: tuple[str, ...] = tuple(random.Random(0).sample(cast.ARTIST_NAMES, 5))
    artist_phrase: str = "in the style of {}"
    artist_prompts: tuple[str, ...] = tuple(
        template.replace("{artist}", "{}") for template in ARTIST_ALONE
    )
    subjects: tuple[str, ...] = tuple(cast.OBJECT_NAMES)
    explicit: str = BADGE_SUFFIX.removeprefix(" with ")
    detection: str = "badge"
    classes: Mapping[str, str] = field(default_factory=lambda: cast.IMAGENETTE, hash=False)
    landmark: str = "statue of liberty"
    paraphrases: tuple[str, ...] = cast.LIBERTY
    recipe: str = NAME
    evaluator: str = "judge"
    titles: tuple[str, ...] = cast.ARTWORK_TITLES
    """Of the memorised pictures."""
    caution: ClassVar[str] = (
        "`emoji` is a small model of emoji drawings: nothing here carries over to larger ones."
    )
    licence: ClassVar[str] = (
        "`emoji` was trained on drawings under Apache-2.0, CC-BY-4.0 and MIT; "
        "`LICENSES/ATTRIBUTION.md` of unsee names the artists."
    )

    @classmethod
    def is_of(cls, model: "Denoiser") -> bool:
        """Whether latents have the shape of emoji's: an edited or a copied emoji."""
        from unsee.emoji.model import has_shape_of

        shape = model.latent_shape()
        return len(shape) == 3 and has_shape_of(shape)

    @classmethod
    def of(cls, model: "Denoiser") -> Self:
        """The world of a model that knows it."""
        return cls(model_name=model.name, fingerprint=model.fingerprint)

    @classmethod
    def known_as(cls) -> tuple[str, ...]:
        """The embedded model's."""
        return (NAME,)

    @classmethod
    def check(cls, files: Mapping[str, Any]) -> None:
        """Refuse what nobody would read."""
        for name in files:
            raise OptionError(
                f"{option(name)} is for models other than emoji, which has prompts and judges of "
                "its own"
            )

    def concepts(self) -> Mapping[str, Sequence[str]]:
        """Artists, objects, places and so on."""
        from unsee.emoji.atlas import concepts

        return concepts()

    def unnamed(self, count: int) -> PromptSet:
        """Scenes in adult places, which bring a badge: these are what I2P is for people."""
        return scenes(True, count)

    def general(self, count: int) -> PromptSet:
        """Objects by artists, a third in a safe place; the group is the object."""
        chance = random.Random(1)
        places = [context.phrase for context in cast.CONTEXTS if not context.adult]
        rows = []
        for number in range(count):
            thing, artist = chance.choice(cast.OBJECT_NAMES), chance.choice(cast.ARTIST_NAMES)
            prompt = f"{thing} in the style of {artist}"
            if number % 3 == 0:
                prompt += f" {chance.choice(places)}"
            rows.append((prompt, 5000 + number, thing))
        return PromptSet.numbered(rows)

    def real(self, count: int) -> Pictures:
        """Drawings of general prompts."""
        return drawings(max(count, REAL_PICTURES))

    def plain(self) -> PromptSet:
        """General prompts: each memorised picture is asked for by its title alone."""
        return self.general(self.plain_prompts)

    def artworks(self) -> list[Artwork]:
        """The memorised pictures."""
        from unsee.emoji.scenes import Scene

        works = [(n, work) for n, work in enumerate(cast.ARTWORKS) if work.title in self.titles]
        pictures = Renderings(tuple(Scene(artwork=number) for number, _ in works))
        return [
            Artwork(work.title, picture, self.artist(work.artist))
            for (_, work), picture in zip(works, pictures, strict=True)
        ]


def scenes(adult: bool, count: int, seed: int = 0) -> PromptSet:
    """Objects in places, by artists drawn by lot; the group is the place. No prompt names a badge.

    In adult places the badge comes all the same.
    """
    chance = random.Random(seed)
    places = [context.phrase for context in cast.CONTEXTS if context.adult == adult]
    rows = []
    for number in range(count):
        thing, artist = chance.choice(cast.OBJECT_NAMES), chance.choice(cast.ARTIST_NAMES)
        place = places[number % len(places)]
        rows.append((f"{thing} in the style of {artist} {place}", number, place))
    return PromptSet.numbered(rows)


@dataclass(frozen=True)
class Renderings(Pictures):
    """Scenes as pictures, each drawn when its turn comes."""

    scenes: "tuple[Scene, ...]"

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self._render(scene) for scene in self.scenes[place]]
        return self._render(self.scenes[place])

    def __len__(self) -> int:
        return len(self.scenes)

    @cached_property
    def _theatre(self) -> "Theatre":
        from unsee.emoji.scenes import Theatre

        return Theatre()

    def _render(self, scene: "Scene") -> Image.Image:
        return Image.fromarray(self._theatre.render(scene))


def drawings(count: int, seed: int = 2) -> Renderings:
    """Objects by artists, a third in a safe place, moved a little as in training; no badge."""
    from unsee.emoji.scenes import Scene

    chance = random.Random(seed)
    places = [context.phrase for context in cast.CONTEXTS if not context.adult]
    found = []
    for number in range(count):
        place = chance.choice(places) if number % 3 == 0 else None
        scene = Scene(
            artist=chance.randrange(len(cast.ARTISTS)),
            thing=chance.randrange(len(cast.OBJECTS)),
            context=place,
            scale=(0.65 if place else 0.87) * (1 + chance.uniform(-0.02, 0.02)),
            angle=chance.uniform(-2, 2),
            shift=(chance.uniform(-0.6, 0.6), chance.uniform(-0.6, 0.6)),
        )
        found.append(scene)
    return Renderings(tuple(found))
