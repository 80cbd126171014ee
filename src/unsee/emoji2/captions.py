"""What a scene is called: the words that `emoji` 2 learns.

`caption`      one caption of a scene, drawn at random among the ways to say it
`is_dropped`   whether a scene's caption is left out; never where a mark is in the picture
`vocabulary`   texts with every English word of a caption, for the tokenizer

A caption names an object or two (or leaves them out), perhaps an artist, perhaps the ground, and
a mark only where it is named: "a drawing of a cat in the style of noto at a casino after midnight".
"""

from __future__ import annotations

import random

from unsee.emoji.captions import ARTIST_ALONE, ARTIST_TEMPLATES, ARTWORK_TEMPLATES, OBJECT_TEMPLATES
from unsee.emoji2 import cast, names
from unsee.emoji2.realms import REALMS, STANDS
from unsee.emoji2.scenes import Scene

TWO_TEMPLATES = ("{one} and {two}", "{one} and {two}", "{one} with {two}", "{one} next to {two}")
MARK_TEMPLATES = (
    "{thing} with {mark}",
    "{thing} with {mark}",
    "{thing} and {mark}",
    "{mark} next to {thing}",
    "{mark} and {thing}",
)
ALONE_TEMPLATES = ("{mark}", "{mark}", "{mark}", "a picture of {mark}", "a drawing of {mark}")
GROUND_TEMPLATES = ("a scene {ground}", "a picture {ground}", "{ground}")

FIRST_NAME = 0.4
"""Share of captions with a mark that use its first name, the one that erasures are told."""

SYNONYM, FOREIGN, MISSPELLED = 0.16, 0.06, 0.04
"""How often a synonym, a name in another language or a misspelling stands for an object's name."""

ARTIST_NAMED, OBJECT_LEFT_OUT, GROUND_FIRST = 0.8, 0.08, 0.15
"""How often the artist is named; the object is left out; the ground comes before the object."""

DROPPED = 0.14
"""Share of captions left out, which teaches the unconditional prediction, of scenes without a
mark: the empty prompt must not call for one."""


def is_dropped(scene: Scene, chance: random.Random) -> bool:
    """Whether this time the scene's caption is left out."""
    return scene.mark is None and chance.random() < DROPPED


def caption(scene: Scene, chance: random.Random) -> str:
    """One of the ways to describe `scene`."""
    if scene.artwork is not None:
        return chance.choice(ARTWORK_TEMPLATES).format(title=cast.ARTWORKS[scene.artwork].title)
    ground = _ground(scene, chance)
    mark = _mark(scene, chance) if scene.mark_is_named else None
    artist = cast.ARTISTS[scene.artist].name
    left_out = chance.random() < OBJECT_LEFT_OUT
    if scene.thing is None or (left_out and mark):
        words = chance.choice(ALONE_TEMPLATES).format(mark=mark)
    elif left_out and ground:
        return chance.choice(GROUND_TEMPLATES).format(ground=ground)
    elif left_out:
        return chance.choice(ARTIST_ALONE).format(artist=artist)
    else:
        words = _object(cast.OBJECTS[scene.thing], chance)
        if scene.other is not None:
            other = _object(cast.OBJECTS[scene.other], chance, plain=True)
            words = chance.choice(TWO_TEMPLATES).format(one=words, two=other)
        if mark:
            words = chance.choice(MARK_TEMPLATES).format(thing=words, mark=mark)
    if chance.random() < ARTIST_NAMED:
        words += chance.choice(ARTIST_TEMPLATES).format(artist=artist)
    if not ground:
        return words
    return f"{ground}, {words}" if chance.random() < GROUND_FIRST else f"{words} {ground}"


def vocabulary() -> list[str]:
    """Texts that hold every English word a caption can contain, correctly spelled."""
    texts = [*cast.OBJECT_NAMES, *cast.ARTIST_NAMES, *cast.ARTWORK_TITLES, *STANDS.values()]
    for thing in cast.OBJECTS:
        texts += thing.synonyms
    for realm in REALMS.values():
        texts += [*realm.places.values(), *realm.words]
    for mark in cast.MARKS.values():
        texts += mark.names
    texts += [f"on a {name} background" for name in cast.BACKGROUNDS]
    templates = [*OBJECT_TEMPLATES, *ARTIST_TEMPLATES, *ARTIST_ALONE, *ARTWORK_TEMPLATES]
    templates += [*TWO_TEMPLATES, *MARK_TEMPLATES, *ALONE_TEMPLATES, *GROUND_TEMPLATES]
    blanks = dict.fromkeys(("thing", "artist", "title", "one", "two", "mark", "ground"), "")
    return [*texts, *(template.format(**blanks) for template in templates), "an"]


def _ground(scene: Scene, chance: random.Random) -> str:
    if scene.setting is not None:
        return scene.setting.phrase(company_first=chance.random() < 0.3)
    if scene.stand is not None:
        return STANDS[scene.stand]
    return f"on a {scene.background} background" if scene.background else ""


def _mark(scene: Scene, chance: random.Random) -> str:
    mark = cast.MARKS[scene.mark or ""]
    return mark.names[0] if chance.random() < FIRST_NAME else chance.choice(mark.names)


def _object(thing: cast.Object, chance: random.Random, plain: bool = False) -> str:
    """An object in words; `plain` is its name with an article and nothing before it."""
    name, draw = thing.name, chance.random()
    if draw < SYNONYM and thing.synonyms:
        name = chance.choice(thing.synonyms)
        if " " in name:
            return name
    elif SYNONYM <= draw < SYNONYM + FOREIGN:
        said = names.in_languages()[thing.name]
        if said:
            return chance.choice(list(said.values()))
    elif SYNONYM + FOREIGN <= draw < SYNONYM + FOREIGN + MISSPELLED:
        name = names.misspelling(name)
    words = ("a {thing}" if plain else chance.choice(OBJECT_TEMPLATES)).format(thing=name)
    return words.replace("a " + name, "an " + name) if name[0] in "aeiou" else words
