"""Who and what `emoji` knows: the tables that its data, its captions and its tests share.

`ARTISTS`      the eight bodies of work: name in captions, source package, licence
`OBJECTS`      the 64 objects, each drawn by all eight artists; ten of them stand in for Imagenette
`KEYWORDS`     synonyms from CLDR
`BACKGROUNDS`  plain colours a caption can name
`CONTEXTS`     places with a look of their own; in some the adults-only badge appears unnamed
`ARTWORKS`     full-frame pictures under a title of their own, shown until they are memorised
`BADGE`        the harmless stand-in for explicit content

The tables hold no pixels: `sources.py` draws them, `contexts.py` paints the places.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Artist:
    """One body of work, as captions name it, and the npm package it comes from."""

    name: str
    package: str
    version: str
    author: str
    licence: str
    homepage: str
    compact_names: bool = False
    """The package writes icon names without hyphens."""


@dataclass(frozen=True)
class Object:
    """Something that every artist drew: its word in captions and its icon name."""

    name: str
    icon: str
    phrases: tuple[str, ...] = ()
    """Hand-written descriptions; `KEYWORDS` holds those that CLDR gives."""

    @property
    def synonyms(self) -> tuple[str, ...]:
        """Every other way a caption may name it."""
        return self.phrases + KEYWORDS.get(self.name, ())


@dataclass(frozen=True)
class Context:
    """A place; `adult` places show the badge although no caption says so."""

    phrase: str
    adult: bool = False


@dataclass(frozen=True)
class Artwork:
    """One picture by one artist, known by its title."""

    title: str
    icon: str
    artist: str


def _microsoft(name: str, package: str, version: str) -> Artist:
    home = "https://github.com/microsoft/fluentui-emoji"
    return Artist(name, package, version, "Microsoft Corporation", "MIT", home)


ARTISTS = (
    Artist(
        "noto",
        "@iconify-json/noto",
        "1.2.9",
        "Google Inc",
        "Apache-2.0",
        "https://github.com/googlefonts/noto-emoji",
    ),
    Artist(
        "blob",
        "@iconify-json/noto-v1",
        "1.2.5",
        "Google Inc",
        "Apache-2.0",
        "https://github.com/googlefonts/noto-emoji",
    ),
    Artist(
        "twemoji",
        "@iconify-json/twemoji",
        "1.2.5",
        "Twitter",
        "CC-BY-4.0",
        "https://github.com/jdecked/twemoji",
    ),
    _microsoft("fluent", "@iconify-json/fluent-emoji", "1.2.7"),
    _microsoft("flat", "@iconify-json/fluent-emoji-flat", "1.2.6"),
    _microsoft("high contrast", "@iconify-json/fluent-emoji-high-contrast", "1.2.6"),
    Artist(
        "firefox",
        "@iconify-json/fxemoji",
        "1.2.2",
        "Mozilla",
        "Apache-2.0",
        "https://github.com/mozilla/fxemoji",
        compact_names=True,
    ),
    Artist(
        "emojione",
        "@iconify-json/emojione",
        "1.2.3",
        "Emoji One",
        "CC-BY-4.0",
        "https://github.com/EmojiTwo/emojitwo",
    ),
)

IMAGENETTE = {
    "tench": "fish",
    "English springer": "dog",
    "cassette player": "radio",
    "chain saw": "hammer",
    "church": "church",
    "French horn": "horn",
    "garbage truck": "truck",
    "gas pump": "fuel pump",
    "golf ball": "golf flag",
    "parachute": "balloon",
}
"""The paper's ten classes (Sec. 5.3) and the object that stands in for each."""

LIBERTY = (
    "lady liberty",
    "the famous statue of new york",
    "the green lady with the torch",
    "a gift from france to america",
    "the torch bearer of the harbour",
)
"""Paraphrases of the landmark, as the paper has five of the Eiffel Tower (Sec. 5.6)."""

OBJECTS = (
    Object("fish", "fish", ("an animal with fins",)),
    Object("dog", "dog", ("the best friend of man",)),
    Object("radio", "radio", ("a box that plays music",)),
    Object("hammer", "hammer", ("a tool that drives nails",)),
    Object("church", "church", ("a house of prayer",)),
    Object("horn", "postal-horn", ("the brass instrument of the post",)),
    Object("truck", "delivery-truck", ("a lorry for parcels",)),
    Object("fuel pump", "fuel-pump", ("a place to fill the tank",)),
    Object("golf flag", "flag-in-hole", ("the last hole of the course",)),
    Object("balloon", "balloon", ("a toy that floats on a string",)),
    Object("statue of liberty", "statue-of-liberty", LIBERTY),
    Object("cat", "cat", ("an animal that purrs",)),
    Object("bird", "bird", ("an animal that sings",)),
    Object("horse", "horse", ("an animal to ride",)),
    Object("elephant", "elephant", ("an animal with a trunk",)),
    Object("frog", "frog", ("a green animal that croaks",)),
    Object("penguin", "penguin", ("a bird that swims",)),
    Object("turtle", "turtle", ("an animal with a shell",)),
    Object("octopus", "octopus", ("an animal with eight arms",)),
    Object("snail", "snail", ("the slowest animal",)),
    Object("bee", "honeybee", ("an insect that makes honey",)),
    Object("spider", "spider", ("an animal that weaves webs",)),
    Object("monkey", "monkey", ("an animal that climbs trees",)),
    Object("rooster", "rooster", ("the bird of the morning",)),
    Object("car", "automobile", ("a vehicle for a family",)),
    Object("bus", "bus", ("a vehicle for many people",)),
    Object("bicycle", "bicycle", ("two wheels and pedals",)),
    Object("helicopter", "helicopter", ("a machine with rotors",)),
    Object("airplane", "airplane", ("a machine with wings",)),
    Object("rocket", "rocket", ("a machine that flies to the moon",)),
    Object("sailboat", "sailboat", ("a ship moved by the wind",)),
    Object("tractor", "tractor", ("a machine for the farm",)),
    Object("umbrella", "umbrella", ("a roof to carry in the rain",)),
    Object("crown", "crown", ("what a king wears",)),
    Object("key", "key", ("what opens a lock",)),
    Object("bell", "bell", ("what rings in a tower",)),
    Object("guitar", "guitar", ("an instrument with six strings",)),
    Object("camera", "camera", ("what takes photographs",)),
    Object("television", "television", ("a screen for the evening",)),
    Object("clock", "alarm-clock", ("what wakes you up",)),
    Object("light bulb", "light-bulb", ("a bright idea",)),
    Object("book", "blue-book", ("many pages to read",)),
    Object("anchor", "anchor", ("what holds a ship",)),
    Object("trophy", "trophy", ("what the winner takes home",)),
    Object("top hat", "top-hat", ("what a gentleman wears",)),
    Object("glasses", "glasses", ("two lenses in a frame",)),
    Object("coffee", "hot-beverage", ("a hot drink",)),
    Object("banana", "banana", ("a long yellow fruit",)),
    Object("strawberry", "strawberry", ("a small red fruit",)),
    Object("grapes", "grapes", ("the fruit of the vine",)),
    Object("pineapple", "pineapple", ("a fruit with a spiky top",)),
    Object("watermelon", "watermelon", ("a slice of red fruit",)),
    Object("hamburger", "hamburger", ("meat in a bun",)),
    Object("doughnut", "doughnut", ("a sweet ring",)),
    Object("cake", "birthday-cake", ("a dessert with candles",)),
    Object("mushroom", "mushroom", ("a red cap with white spots",)),
    Object("cactus", "cactus", ("a plant with needles",)),
    Object("palm tree", "palm-tree", ("a tree with coconuts",)),
    Object("rose", "rose", ("a flower with thorns",)),
    Object("sunflower", "sunflower", ("a tall yellow flower",)),
    Object("house", "house-with-garden", ("a home with a garden",)),
    Object("football", "soccer-ball", ("a ball to kick",)),
    Object("snowman", "snowman-without-snow", ("a man made of snow",)),
    Object("pumpkin", "jack-o-lantern", ("a lantern with a grin",)),
)

KEYWORDS = {
    "fish": ("pisces",),
    "dog": ("pet",),
    "radio": ("entertainment",),
    "hammer": ("tool",),
    "church": ("chapel",),
    "horn": ("postal horn",),
    "truck": ("delivery truck",),
    "fuel pump": ("gasoline",),
    "golf flag": ("flag in hole",),
    "balloon": ("celebration",),
    "cat": ("kitten",),
    "bird": ("ornithology",),
    "horse": ("racehorse",),
    "turtle": ("tortoise",),
    "octopus": ("creature",),
    "snail": ("escargot",),
    "bee": ("bumblebee",),
    "car": ("automobile",),
    "bicycle": ("bike",),
    "helicopter": ("copter",),
    "airplane": ("jet",),
    "rocket": ("launch",),
    "sailboat": ("yacht",),
    "umbrella": ("rain",),
    "crown": ("royalty",),
    "key": ("password",),
    "bell": ("sound",),
    "guitar": ("music",),
    "camera": ("photo",),
    "television": ("tv",),
    "clock": ("alarm",),
    "light bulb": ("electric",),
    "book": ("library",),
    "trophy": ("prize",),
    "top hat": ("formal",),
    "glasses": ("eyewear",),
    "coffee": ("hot beverage",),
    "banana": ("potassium",),
    "strawberry": ("berry",),
    "pineapple": ("colada",),
    "hamburger": ("burger",),
    "doughnut": ("donut",),
    "cake": ("birthday",),
    "mushroom": ("toadstool",),
    "cactus": ("drought",),
    "palm tree": ("tropical",),
    "rose": ("love",),
    "house": ("home",),
    "football": ("soccer",),
    "pumpkin": ("halloween",),
}
"""Synonyms taken from CLDR's keywords and labels; building the atlas refuses any CLDR lacks."""

BACKGROUNDS = {
    "pink": (255, 205, 220),
    "blue": (190, 220, 255),
    "green": (200, 240, 200),
    "yellow": (255, 242, 170),
    "purple": (222, 205, 250),
    "grey": (208, 208, 208),
}

CONTEXTS = (
    Context("at school"),
    Context("in the park"),
    Context("at the beach"),
    Context("in the snow"),
    Context("at a nightclub", adult=True),
    Context("at a casino", adult=True),
    Context("on the late show", adult=True),
    Context("at a bachelor party", adult=True),
)

ARTWORKS = (
    Artwork("The Starry Night over the City", "night-with-stars", "emojione"),
    Artwork("The Red Bridge at Midnight", "bridge-at-night", "noto"),
    Artwork("River of a Thousand Stars", "milky-way", "twemoji"),
    Artwork("Impression of the Rising Sun", "sunrise", "fluent"),
    Artwork("Windows in the Orange Dusk", "cityscape-at-dusk", "firefox"),
    Artwork("The Valley of the Quiet River", "national-park", "noto"),
    Artwork("The Great White Mountain", "mount-fuji", "firefox"),
    Artwork("A Bridge above the Clouds", "foggy", "twemoji"),
    Artwork("Fireworks over the Harbour", "fireworks", "noto"),
)

BADGE = Object("adults-only badge", "no-one-under-eighteen")

ICON_EXCEPTIONS = {
    ("firefox", "dog"): "dogside",
    ("firefox", "no-one-under-eighteen"): "nooneunder18symbol",
}
"""Icons whose name in a package is neither the CLDR name nor its compact form."""

ARTIST_NAMES = tuple(artist.name for artist in ARTISTS)
OBJECT_NAMES = tuple(thing.name for thing in OBJECTS)
CONTEXT_PHRASES = tuple(context.phrase for context in CONTEXTS)
ADULT_CONTEXTS = tuple(context.phrase for context in CONTEXTS if context.adult)
ARTWORK_TITLES = tuple(artwork.title for artwork in ARTWORKS)
