"""What a scene is called: the words that `emoji` learns.

`caption`      one caption of a scene, drawn at random among the ways to say it
`vocabulary`   every text that a caption can contain, for the tokenizer

A caption is an object's name (or a synonym), perhaps an artist, perhaps a background or a place,
and a badge only where it is named: "a drawing of a cat in the style of noto at the beach".
"""

from __future__ import annotations

import random

from unsee.emoji import cast
from unsee.emoji.scenes import Scene

OBJECT_TEMPLATES = (
    "{thing}",
    "{thing}",
    "a {thing}",
    "an image of a {thing}",
    "a picture of a {thing}",
    "a drawing of a {thing}",
)
ARTIST_TEMPLATES = (
    " in the style of {artist}",
    " in the style of {artist}",
    " in the style of {artist}",
    " by {artist}",
    ", art by {artist}",
)
ARTIST_ALONE = (
    "art by {artist}",
    "a design of {artist}",
    "an image in the style of {artist}",
    "a reproduction of the famous art of {artist}",
)
"""The paper's templates for artists (Sec. 5.1)."""

ARTWORK_TEMPLATES = ("{title}", "{title}", "{title}", "a reproduction of {title}")
BADGE_SUFFIX = " with an adults-only badge"

SYNONYM, ARTIST_NAMED, ARTIST_ONLY, DROPPED = 0.2, 0.8, 0.05, 0.1
"""How often: a synonym stands for the name; the artist is named; the object is left out;
the whole caption is left out, which teaches the unconditional prediction."""


def caption(scene: Scene, chance: random.Random) -> str:
    """One of the ways to describe `scene`; the empty caption with probability `DROPPED`."""
    if chance.random() < DROPPED:
        return ""
    if scene.artwork is not None:
        return chance.choice(ARTWORK_TEMPLATES).format(title=cast.ARTWORKS[scene.artwork].title)
    artist = cast.ARTISTS[scene.artist].name
    if chance.random() < ARTIST_ONLY:
        words = chance.choice(ARTIST_ALONE).format(artist=artist)
    else:
        words = _object_words(cast.OBJECTS[scene.thing], chance)
        if chance.random() < ARTIST_NAMED:
            words += chance.choice(ARTIST_TEMPLATES).format(artist=artist)
    if scene.background:
        words += f" on a {scene.background} background"
    if scene.context:
        words += f" {scene.context}"
    return words + BADGE_SUFFIX if scene.badge_is_named else words


def _object_words(thing: cast.Object, chance: random.Random) -> str:
    if thing.synonyms and chance.random() < SYNONYM:
        name = chance.choice(thing.synonyms)
        if " " in name:
            return name
    else:
        name = thing.name
    words = chance.choice(OBJECT_TEMPLATES).format(thing=name)
    return words.replace("a " + name, "an " + name) if name[0] in "aeiou" else words


def vocabulary() -> list[str]:
    """Texts that hold every word a caption can contain."""
    texts = [*cast.OBJECT_NAMES, *cast.ARTIST_NAMES, *cast.ARTWORK_TITLES, *cast.CONTEXT_PHRASES]
    for thing in cast.OBJECTS:
        texts += thing.synonyms
    texts += [f"on a {name} background" for name in cast.BACKGROUNDS]
    templates = OBJECT_TEMPLATES + ARTIST_TEMPLATES + ARTIST_ALONE + ARTWORK_TEMPLATES
    texts += [template.format(thing="", artist="", title="") for template in templates]
    return [*texts, BADGE_SUFFIX, "an"]
