"""Folders of pictures for a whole study, made from the embedded model.

SETTINGS       of the study that they become, and what its kinds are called
kinds_of       the kinds of a study of these systems
draw_folders   artists by lot, their works, and what each system draws for them

The works shown beside a picture in question are of other objects than any picture in question, and
no erasure was told of these: people, too, are asked about a style and not about an object.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

import unsee
from unsee.benchmarks.cache import Cache
from unsee.benchmarks.canvas.canvas import EVERY, Canvas, Target, beside, real_features
from unsee.benchmarks.items import Draw
from unsee.benchmarks.pictures import Pictures
from unsee.benchmarks.plan import Plan
from unsee.benchmarks.runner import run
from unsee.benchmarks.systems import UNEDITED as UNEDITED_SYSTEM
from unsee.benchmarks.systems import System, Terms
from unsee.benchmarks.worlds.emoji import Emoji
from unsee.emoji import cast
from unsee.emoji.evaluators import Judge, load_judge
from unsee.emoji.scenes import Scene, Theatre
from unsee.errors import OptionError, option
from unsee.prompts import PromptSet
from unsee.running.progress import Watch
from unsee.study.kinds import OTHER, REAL, SIMILAR, UNEDITED
from unsee.study.settings import Settings

SETTINGS = Settings(
    side=256,
    labels={
        REAL: "the artist",
        SIMILAR: "similar artist",
        UNEDITED: "unedited model",
        "esd-x": "ESD-x",
        "negative": "negative prompt",
        "sld-medium": "SLD",
        "other-esd-x": "ESD-x, another erased",
        "other-negative": "negative prompt, another",
        "other-sld-medium": "SLD, another",
    },
)
RECIPE = "emoji-style"
QUESTION_OBJECTS = [index for index in range(len(cast.OBJECTS)) if index % EVERY]
REFERENCE_OBJECTS = [index for index in range(len(cast.OBJECTS)) if not index % EVERY]
"""These are told to the erasures, and shown beside a picture in question."""


def draw_folders(
    folder: Path,
    systems: Sequence[str],
    *,
    artists: int,
    pictures: int,
    work: Path,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    watch: Watch | None = None,
) -> None:
    """Fill `folder` as folders.py reads it; erasures are kept in `work` and found again.

    `settings` are those of the erasures, in place of the recipe's.

    Raises:
        OptionError: fewer than two artists, no pictures, or a system that erases nothing.
        UnknownName: a system that does not exist.
    """
    erasers = [System.named(name) for name in systems]
    for system in erasers:
        if not system.acts:
            raise OptionError(
                f"{system.name} keeps no artist away; leave it out of {option('systems')}"
            )
    if not 2 <= artists <= len(cast.ARTISTS):
        raise OptionError(
            f"{option('artists')} must be between 2 and {len(cast.ARTISTS)}, not {artists}"
        )
    if not 1 <= pictures <= len(QUESTION_OBJECTS):
        raise OptionError(
            f"{option('pictures')} must be between 1 and {len(QUESTION_OBJECTS)}, not {pictures}"
        )
    model = unsee.load("emoji")
    world = replace(Emoji.of(model), recipe=RECIPE)
    terms = Terms(settings=settings or {})
    # First those of `unsee bench artists`.
    others = [name for name in cast.ARTIST_NAMES if name not in world.artists]
    names = [*world.artists, *others][:artists]
    chance = random.Random(seed)
    objects = {name: chance.sample(QUESTION_OBJECTS, pictures) for name in names}
    draws: dict[str, dict[str, Draw]] = {}
    for place, name in enumerate(names):
        prompts = PromptSet.numbered(
            (f"{cast.OBJECT_NAMES[one]} {world.artist(name)}", one, "") for one in objects[name]
        )
        draws[name] = {
            UNEDITED: System.named(UNEDITED_SYSTEM).draw(world, terms, (), prompts),
        }
        another = names[(place + 1) % len(names)]
        for system in erasers:
            for prefix, erased in (("", name), (OTHER, another)):
                phrases, erasure = [world.artist(erased)], None
                if system.method is not None:
                    preserve = beside(Target.named(erased))
                    erasure = system.erase(world, terms, phrases, preserve=preserve)
                draws[name][prefix + system.name] = system.draw(
                    world, terms, phrases, prompts, erasure
                )
    plan = Plan(draw for kinds in draws.values() for draw in kinds.values())
    results = run(plan, {model.fingerprint: model}, Cache(work), watch)
    nearest, theatre = similar_artists(load_judge()), Theatre()
    for name in names:
        works = {
            "references": _works(theatre, name, REFERENCE_OBJECTS),
            REAL: _works(theatre, name, objects[name]),
            SIMILAR: _works(theatre, nearest[name], objects[name]),
        }
        drawn = {kind: results[draw] for kind, draw in draws[name].items()}
        for kind, images in (works | drawn).items():
            _save(images, folder / name / kind)


def kinds_of(systems: Sequence[str]) -> list[str]:
    """List the kinds of pictures that a study of these systems asks about."""
    return [REAL, SIMILAR, UNEDITED, *systems, *(OTHER + one for one in systems)]


def similar_artists(judge: Judge) -> dict[str, str]:
    """Find for each artist the one whose works look most alike to the judge."""
    canvas = Canvas.whole()
    features = real_features(canvas, judge)
    means: Tensor = torch.stack(
        [features[canvas.artists == place].mean(0) for place in range(len(cast.ARTISTS))]
    )
    distances = torch.cdist(means, means).fill_diagonal_(torch.inf)
    nearest = distances.argmin(1).tolist()
    return {
        name: cast.ARTIST_NAMES[place]
        for name, place in zip(cast.ARTIST_NAMES, nearest, strict=True)
    }


def _works(theatre: Theatre, artist: str, objects: Sequence[int]) -> Pictures:
    place = cast.ARTIST_NAMES.index(artist)
    scenes = (Scene(artist=place, thing=one) for one in objects)
    return [Image.fromarray(theatre.render(scene)) for scene in scenes]


def _save(pictures: Pictures, folder: Path) -> None:
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures):
        picture.save(folder / f"{number:02}.png")
