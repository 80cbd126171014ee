"""Folders of pictures for a whole study, made from the embedded model.

SETTINGS       of the study that they become, and what its kinds are called
kinds_of       the kinds of a study of these systems
draw_folders   artists by lot, their works, and what each system draws for them

The works shown beside a picture in question are of other objects than any picture in question, and
no erasure was told of these: people, too, are asked about a style and not about an object.
"""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import unsee
from unsee.benchmarks.canvas.canvas import EVERY, Canvas, Target, beside, real_features
from unsee.benchmarks.systems import System
from unsee.benchmarks.workbench import Watch, Workbench, unwatched
from unsee.benchmarks.worlds.asked import EMOJI, numbered
from unsee.benchmarks.worlds.evaluators import EmojiSubject, Pictures
from unsee.emoji import cast
from unsee.emoji.evaluators import Judge, load_judge
from unsee.emoji.scenes import Scene, Theatre
from unsee.errors import OptionError
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
ASKED = [index for index in range(len(cast.OBJECTS)) if index % EVERY]
"""Objects in question; the others are told to the erasures and shown beside."""


def draw_folders(
    folder: Path,
    systems: Sequence[str],
    *,
    artists: int,
    pictures: int,
    work: Path,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    watch: Watch = unwatched,
) -> None:
    """Fill `folder` as folders.py reads it; erasures are kept in `work` and found again.

    `settings` are those of the erasures, in place of the recipe's.

    Raises:
        OptionError: fewer than two artists, no pictures, or a system that erases nothing.
        UnknownName: a system that does not exist.
    """
    kept_away = [System.named(name) for name in systems]
    for system in kept_away:
        if not (system.method or system.sld or system.negative):
            raise OptionError(f"{system.name} keeps no artist away; leave it out of --systems")
    if not 2 <= artists <= len(cast.ARTISTS):
        raise OptionError(f"--artists must be between 2 and {len(cast.ARTISTS)}, not {artists}")
    if not 1 <= pictures <= len(ASKED):
        raise OptionError(f"--pictures must be between 1 and {len(ASKED)}, not {pictures}")
    judge, chance, theatre = load_judge(), random.Random(seed), Theatre()
    subject = EmojiSubject(judge)
    subject.recipe = RECIPE
    bench = Workbench(
        unsee.load("emoji"), subject, work, settings=dict(settings or {}), watch=watch
    )
    # First those of `unsee bench artists`.
    others = [name for name in cast.ARTIST_NAMES if name not in EMOJI.artists]
    names = [*EMOJI.artists, *others][:artists]
    nearest = similar_artists(judge)
    for place, name in enumerate(names):
        another = names[(place + 1) % len(names)]
        objects = chance.sample(ASKED, pictures)
        told = [index for index in range(len(cast.OBJECTS)) if index not in ASKED]
        prompts = numbered(
            [(f"{cast.OBJECT_NAMES[one]} {EMOJI.artist(name)}", one, "") for one in objects]
        )
        kinds = {
            "references": _works(theatre, name, told),
            REAL: _works(theatre, name, objects),
            SIMILAR: _works(theatre, nearest[name], objects),
            UNEDITED: bench.draw(System.named("unedited"), "", prompts),
        }
        for system in kept_away:
            for prefix, erased in (("", name), (OTHER, another)):
                phrase = EMOJI.artist(erased)
                weights = None
                if system.method is not None:
                    spared = beside(Target.named(erased))
                    weights = bench.erased(system, phrase, preserve=spared)
                kinds[prefix + system.name] = bench.draw(system, phrase, prompts, weights)
        for kind, drawn in kinds.items():
            _save(drawn, folder / name / kind)


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
    return np.stack([theatre.render(Scene(artist=place, thing=one)) for one in objects])


def _save(pictures: Pictures, folder: Path) -> None:
    folder.mkdir(parents=True)
    for number, pixels in enumerate(pictures):
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
