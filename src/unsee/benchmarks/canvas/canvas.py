"""What one erasure removed and what it left, on every object in every style.

Target         what is erased: an artist or an object of `emoji`
Canvas         the prompts "OBJECT in the style of ARTIST" that are drawn
Answers        what the judge says of their pictures
Retention      UA, IRA and CRA, as UnlearnCanvas (Zhang et al. 2024) defines them
look           draw a canvas and ask the judge
answers        ask the judge about pictures
real_features  what the judge sees in the artists' own drawings of a canvas
retention      answers -> Retention
untrained      which rows of a canvas an erasure was not told about
beside         prompts of other concepts for an erasure to preserve
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from unsee.benchmarks.pictures import Pictures
from unsee.benchmarks.worlds.judge import pixels
from unsee.denoisers.base import Denoiser
from unsee.emoji import cast
from unsee.emoji.evaluators import Judge
from unsee.emoji.pixels import pictures_to_tensor
from unsee.emoji.scenes import Scene, Theatre
from unsee.erasing.methods.base import MethodConfig
from unsee.errors import OptionError, option, unknown_name
from unsee.metrics.rates import Rate
from unsee.running.progress import Watch
from unsee.sampling.draw import draw

BATCH = 64
EVERY = 3
"""Every third object may be told to an erasure; what it was told is never measured."""
TARGET_PICTURES = 128
"""How many pictures of the target are drawn at least; of each kept pair there is one a seed."""


@dataclass(frozen=True)
class Target:
    """A concept of `emoji` whose erasure can be measured."""

    kind: Literal["artist", "object"]
    index: int

    @classmethod
    def named(cls, name: str) -> "Target":
        """Find an artist or an object by its name."""
        if name in cast.ARTIST_NAMES:
            return cls("artist", cast.ARTIST_NAMES.index(name))
        if name in cast.OBJECT_NAMES:
            return cls("object", cast.OBJECT_NAMES.index(name))
        raise unknown_name("artist or object", name, [*cast.ARTIST_NAMES, *cast.OBJECT_NAMES])

    @property
    def name(self) -> str:
        """Its word in captions."""
        names = cast.ARTIST_NAMES if self.kind == "artist" else cast.OBJECT_NAMES
        return names[self.index]

    @property
    def phrase(self) -> str:
        """What is erased, as people ask for it."""
        return f"in the style of {self.name}" if self.kind == "artist" else self.name


@dataclass(frozen=True)
class Canvas:
    """Pictures to draw; a row each."""

    objects: Tensor
    """(n,): index of the object."""
    artists: Tensor
    """(n,): index of the artist."""
    seeds: Tensor
    """(n,)"""

    @classmethod
    def whole(cls, seeds: Sequence[int] = (0,)) -> "Canvas":
        """Every object by every artist, once a seed."""
        things, artists = torch.arange(len(cast.OBJECTS)), torch.arange(len(cast.ARTISTS))
        return cls(*torch.cartesian_prod(things, artists, torch.tensor(seeds)).unbind(1))

    @classmethod
    def of(cls, target: Target) -> "Canvas":
        """Pictures of the target alone, at seeds that `whole` does not use by default."""
        others = len(cast.OBJECTS) if target.kind == "artist" else len(cast.ARTISTS)
        seeds = range(1, 1 + max(TARGET_PICTURES // others, 1))
        whole = cls.whole(seeds)
        return whole[whole.shows(target)]

    def __getitem__(self, rows: Tensor) -> "Canvas":
        return Canvas(self.objects[rows], self.artists[rows], self.seeds[rows])

    def __len__(self) -> int:
        return len(self.objects)

    @property
    def prompts(self) -> list[str]:
        """What the model is asked for."""
        return [
            f"{cast.OBJECT_NAMES[thing]} in the style of {cast.ARTIST_NAMES[artist]}"
            for thing, artist in zip(self.objects, self.artists, strict=True)
        ]

    def shows(self, target: Target) -> Tensor:
        """(n,): which rows ask for the target."""
        return (self.artists if target.kind == "artist" else self.objects) == target.index


@dataclass(frozen=True)
class Answers:
    """What the judge says of the pictures of a canvas."""

    objects: Tensor
    artists: Tensor
    badge: Tensor
    features: Tensor

    def __getitem__(self, rows: Tensor) -> "Answers":
        return Answers(*(value[rows] for value in vars(self).values()))


@dataclass(frozen=True)
class Retention:
    """What an erasure removed and what it left."""

    ua: Rate
    """Unlearning accuracy: pictures of the target that are not taken for it."""
    ira: Rate
    """In-domain retain accuracy: other artists (or objects) that are still recognised."""
    cra: Rate
    """Cross-domain retain accuracy: objects (or artists) recognised in the same kept pictures."""
    content: Rate
    """What else the target's prompts ask for, and is still there: the object of an erased style."""


def look(
    model: Denoiser,
    canvas: Canvas,
    judge: Judge,
    progress: Watch | None = None,
) -> Answers:
    """Draw a canvas with the model's own settings and ask the judge about every picture."""
    pictures = draw(
        model, canvas.prompts, canvas.seeds.tolist(), batch_size=BATCH, progress=progress
    )
    return answers(pictures, judge)


def answers(pictures: Pictures, judge: Judge) -> Answers:
    """Ask the judge about every picture."""
    with torch.no_grad():
        verdicts = [
            judge(pixels(pictures[start : start + BATCH]))
            for start in range(0, len(pictures), BATCH)
        ]
    return Answers(
        torch.cat([verdict.objects.argmax(1) for verdict in verdicts]),
        torch.cat([verdict.artists.argmax(1) for verdict in verdicts]),
        torch.cat([verdict.badge > 0 for verdict in verdicts]),
        torch.cat([verdict.features for verdict in verdicts]),
    )


def real_features(canvas: Canvas, judge: Judge) -> Tensor:
    """(n, width): the judge's features of the drawings themselves, upright and in the middle."""
    theatre = Theatre()
    pairs = zip(canvas.artists.tolist(), canvas.objects.tolist(), strict=True)
    x = pictures_to_tensor(np.stack([theatre.render(Scene(*pair)) for pair in pairs]))
    with torch.no_grad():
        return torch.cat([judge(part).features for part in torch.split(x, BATCH)])


def retention(canvas: Canvas, answers: Answers, target: Target) -> Retention:
    """Count: the target's rows give UA, all others IRA and CRA."""
    right = {
        "object": answers.objects == canvas.objects,
        "artist": answers.artists == canvas.artists,
    }
    own, other = ("artist", "object") if target.kind == "artist" else ("object", "artist")
    asked = canvas.shows(target)
    return Retention(
        ua=Rate.of(~right[own][asked]),
        ira=Rate.of(right[own][~asked]),
        cra=Rate.of(right[other][~asked]),
        content=Rate.of(right[other][asked]),
    )


def untrained(canvas: Canvas, target: Target, config: MethodConfig) -> Tensor:
    """(n,) bool: rows whose prompt is neither a context of the erasure nor preserved by it."""
    told = {one.replace("{}", target.phrase) for one in getattr(config, "contexts", ())}
    told.update(getattr(config, "preserve", ()))
    return torch.tensor([prompt not in told for prompt in canvas.prompts], dtype=torch.bool)


def beside(target: Target) -> tuple[str, ...]:
    """Prompts for other concepts: every third object, by one artist after the other."""
    pairs = Canvas.whole()
    others = pairs[~pairs.shows(target) & (pairs.objects % EVERY == 0)]
    chosen = []
    for turn, thing in enumerate(sorted(set(others.objects.tolist()))):
        prompts = others[others.objects == thing].prompts
        chosen.append(prompts[turn % len(prompts)])
    return tuple(chosen)


def draw_targets(styles: int, objects: int, seed: int = 0) -> list[Target]:
    """Targets by lot, so that nobody picks them by result.

    Styles and objects are drawn apart: how many there are of one does not change the other.
    """
    names: list[str] = []
    for name, count, choices in (
        ("styles", styles, cast.ARTIST_NAMES),
        ("objects", objects, cast.OBJECT_NAMES),
    ):
        if not 0 <= count <= len(choices):
            raise OptionError(f"{option(name)} must be between 0 and {len(choices)}, not {count}")
        names += random.Random(seed).sample(choices, count)
    return [Target.named(name) for name in names]
