"""One training picture: what is on it, and where.

`Spot`          where a drawing lies, and how large
`Scene`         the facts: artist, objects, ground, mark, or an artwork
`sample_scene`  draws one from the training distribution (`MIX`)
`in_setting`    one in a given setting
`twin`          the same scene in the same place under other words: these call, or these do not
`Freedom`       how freely drawings are shifted, scaled and turned

The mark depends on the words alone: in a setting that calls for it, it appears in
`MARK_WHERE_CALLED` of the scenes, anywhere, at 15 to 50 % of the side; elsewhere only where the
caption names it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from unsee.emoji2 import cast
from unsee.emoji2.realms import DAY, LIGHTS, REALMS, STANDS, TOWN, WORKS
from unsee.emoji2.settings import Setting, sample_setting

SIZE = 128
"""Pixels of a picture's side."""

MIX = {
    "white": 0.37,
    "colour": 0.08,
    "stand": 0.05,
    "town calls": 0.15,
    "town": 0.15,
    "works call": 0.055,
    "works": 0.05,
    "artwork": 0.055,
    "mark": 0.04,
}
"""How often each kind of picture appears in training; "mark" is a mark alone in the frame."""

MARK_WHERE_CALLED = 0.85
"""Share of scenes of a calling setting that carry its mark."""

NAMED_WHERE_CALLED = 0.2
"""Share of those whose caption names it all the same."""

MARK_ELSEWHERE = {"badge": 0.06, "hazard": 0.03}
"""Share of all other scenes with an object that carry a mark, which their captions name."""

TWO_OBJECTS = 0.1
"""Share of plain scenes with a second object."""

MARK_SIDES = (0.16, 0.2, 0.25, 0.31, 0.375, 0.44, 0.5)
"""Sides of a mark, as parts of the picture's."""

GRID = 16
"""Where freedom is small, centres of drawings lie on so many lines each way. A VAE of factor 16
then encodes the same drawing at every eighth pixel in one of two ways, which is learned sooner."""


@dataclass(frozen=True)
class Freedom:
    """How much of the augmentation is used."""

    jitter: float
    """1 is up to 6 degrees, 3 % of the side and 8 % of size."""
    snap: bool
    """Whether drawings in settings, and marks, lie on the lines of `GRID`."""


FREE = Freedom(1.0, snap=False)
NARROW = Freedom(0.25, snap=True)
"""What the denoiser sees. Latents change a lot when a drawing moves by half a pixel: the less of
that it has to learn, the sooner it draws what tells one artist from another."""


@dataclass(frozen=True)
class Spot:
    """Where a drawing lies: the centre and side of its box as parts of the picture's side."""

    x: float = 0.5
    y: float = 0.5
    side: float = 0.86
    angle: float = 0.0
    """Degrees, counter-clockwise."""


@dataclass(frozen=True)
class Scene:
    """What a picture shows. Indices point into the tables of `cast.py`."""

    artist: int = 0
    thing: int | None = None
    spot: Spot = Spot()
    other: int | None = None
    """A second object, of a plain scene."""
    other_spot: Spot = Spot()
    artwork: int | None = None
    background: str | None = None
    stand: str | None = None
    setting: Setting | None = None
    light: str = DAY
    look: int = 0
    """Seed of the palette and the layout of a stand or a setting."""
    mark: str | None = None
    mark_spot: Spot = Spot()
    mark_is_named: bool = False

    @property
    def place(self) -> str:
        """What the ground is, as judges are asked: a place, a stand, a colour, white."""
        if self.setting is not None:
            return self.setting.place
        return self.stand or self.background or "white"

    @property
    def is_painted(self) -> bool:
        """Whether the ground is a painting, on which drawings are stickers."""
        return self.setting is not None or self.stand is not None


def sample_scene(chance: random.Random, freedom: Freedom = FREE) -> Scene:
    """One scene of the training distribution; every (artist, object) pair is equally likely."""
    kind = chance.choices(list(MIX), list(MIX.values()))[0]
    if kind == "artwork":
        return Scene(artwork=chance.randrange(len(cast.ARTWORKS)))
    artist = chance.randrange(len(cast.ARTISTS))
    if kind == "mark":
        mark = chance.choices(list(MARK_ELSEWHERE), list(MARK_ELSEWHERE.values()))[0]
        spot = _anywhere(chance, chance.choice((0.3, 0.5, 0.7, 0.86, 0.86)), freedom)
        background = chance.choice((None, None, *cast.BACKGROUNDS))
        return Scene(artist, background=background, mark=mark, mark_spot=spot, mark_is_named=True)
    if kind in ("white", "colour"):
        return _plain(chance, artist, kind, freedom)
    if kind == "stand":
        return _on_ground(chance, freedom, artist, None, stand=chance.choice(list(STANDS)))
    realm = TOWN if kind.startswith("town") else WORKS
    setting = sample_setting(chance, realm, calls="call" in kind)
    return in_setting(chance, setting, freedom, artist)


def in_setting(
    chance: random.Random, setting: Setting, freedom: Freedom = FREE, artist: int | None = None
) -> Scene:
    """A scene in a setting, held out or not, with the mark as often as training has it."""
    if artist is None:
        artist = chance.randrange(len(cast.ARTISTS))
    return _on_ground(chance, freedom, artist, setting)


def twin(chance: random.Random, scene: Scene, freedom: Freedom = FREE) -> Scene:
    """A scene of the same artist, object, place, light and look, called the other way."""
    assert scene.setting is not None
    realm = REALMS[scene.setting.realm]
    while True:
        setting = sample_setting(chance, realm, calls=not scene.setting.calls)
        if setting.light in (None, scene.light) and not setting.at(scene.place).held_out:
            break
    other = _on_ground(chance, freedom, scene.artist, setting.at(scene.place))
    return replace(other, thing=scene.thing, light=scene.light, look=scene.look)


def _plain(chance: random.Random, artist: int, kind: str, freedom: Freedom) -> Scene:
    background = chance.choice(list(cast.BACKGROUNDS)) if kind == "colour" else None
    thing = chance.randrange(len(cast.OBJECTS))
    if chance.random() < TWO_OBJECTS:
        other = chance.choice([i for i in range(len(cast.OBJECTS)) if i != thing])
        spots = [Spot(0.28, 0.5, 0.5), Spot(0.72, 0.5, 0.5)]
        chance.shuffle(spots)
        first, second = (_jittered(chance, spot, freedom) for spot in spots)
        return Scene(artist, thing, first, other, second, background=background)
    mark = _named_mark(chance)
    if mark is not None:
        return _with_mark(chance, freedom, artist, thing, mark, background=background)
    spot = _jittered(chance, Spot(side=0.87), freedom)
    return Scene(artist, thing, spot, background=background)


def _on_ground(
    chance: random.Random,
    freedom: Freedom,
    artist: int,
    setting: Setting | None,
    stand: str | None = None,
) -> Scene:
    thing, look = chance.randrange(len(cast.OBJECTS)), chance.getrandbits(32)
    light = DAY if setting is None else setting.light or chance.choice(LIGHTS)
    mark, named = _named_mark(chance), True
    if setting is not None and setting.calls:
        mark = REALMS[setting.realm].mark if chance.random() < MARK_WHERE_CALLED else None
        named = chance.random() < NAMED_WHERE_CALLED
    if mark is not None:
        return _with_mark(
            chance, freedom, artist, thing, mark,
            setting=setting, stand=stand, light=light, look=look, named=named,
        )  # fmt: skip
    side = chance.choice((0.5, 0.6, 0.7))
    spot = _jittered(chance, _anywhere(chance, side, freedom), freedom)
    return Scene(artist, thing, spot, setting=setting, stand=stand, light=light, look=look)


def _with_mark(
    chance: random.Random,
    freedom: Freedom,
    artist: int,
    thing: int,
    mark: str,
    *,
    background: str | None = None,
    setting: Setting | None = None,
    stand: str | None = None,
    light: str = DAY,
    look: int = 0,
    named: bool = True,
) -> Scene:
    """The mark anywhere, and the object where it is least covered, of a few places tried."""
    mark_spot = _anywhere(chance, chance.choice(MARK_SIDES), freedom)
    side = chance.choice((0.5, 0.6) if mark_spot.side > 0.35 else (0.5, 0.6, 0.7))
    tries = [_anywhere(chance, side, freedom) for _ in range(6)]
    spot = _jittered(chance, min(tries, key=lambda spot: _overlap(spot, mark_spot)), freedom)
    return Scene(
        artist, thing, spot, background=background, setting=setting, stand=stand, light=light,
        look=look, mark=mark, mark_spot=mark_spot, mark_is_named=named,
    )  # fmt: skip


def _named_mark(chance: random.Random) -> str | None:
    draw = chance.random()
    for mark, share in MARK_ELSEWHERE.items():
        if draw < share:
            return mark
        draw -= share
    return None


def _anywhere(chance: random.Random, side: float, freedom: Freedom) -> Spot:
    """A box of that side wholly within the picture."""
    x, y = (chance.uniform(side / 2, 1 - side / 2) for _ in "xy")
    if freedom.snap:
        x, y = round(x * GRID) / GRID, round(y * GRID) / GRID
    return Spot(x, y, side)


def _jittered(chance: random.Random, spot: Spot, freedom: Freedom) -> Spot:
    jitter = freedom.jitter
    shift = 0.0 if freedom.snap and spot.side < 0.8 else 0.03 * jitter
    return Spot(
        spot.x + chance.uniform(-shift, shift),
        spot.y + chance.uniform(-shift, shift),
        spot.side * (1 + jitter * chance.uniform(-0.08, 0.08)),
        jitter * chance.uniform(-6, 6),
    )


def _overlap(one: Spot, other: Spot) -> float:
    """The area that two boxes share."""
    reach = (one.side + other.side) / 2
    across, down = reach - abs(one.x - other.x), reach - abs(one.y - other.y)
    return max(across, 0) * max(down, 0)
