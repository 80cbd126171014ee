"""Scenes of emoji 2: what is on them, how they look, what they are called."""

import json
import random
from collections import Counter

import numpy as np
import pytest

from unsee.emoji2 import cast
from unsee.emoji2.atlas import FOLDER, load_atlas
from unsee.emoji2.captions import caption, is_dropped
from unsee.emoji2.model import MAX_TOKENS, new_tokenizer, tokenise
from unsee.emoji2.names import in_languages, misspelling, slip
from unsee.emoji2.realms import LIGHTS, STANDS, TOWN, WORKS
from unsee.emoji2.scenes import FREE, MARK_WHERE_CALLED, NARROW, SIZE, Scene, sample_scene, twin
from unsee.emoji2.theatre import PAINTERS, Theatre


@pytest.fixture(scope="module")
def theatre() -> Theatre:
    return Theatre()


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    chance = random.Random(0)
    return [sample_scene(chance, chance.choice((FREE, NARROW))) for _ in range(12_000)]


def test_eighteen_works_and_two_marks_are_drawn_by_their_artists() -> None:
    atlas = load_atlas()
    assert len(cast.ARTWORKS) == len(set(cast.ARTWORK_TITLES)) == len(atlas.artworks) == 18
    assert sum(work.frame is not None for work in cast.ARTWORKS) >= 5
    assert atlas.marks.shape[:2] == (8, 2)
    assert (atlas.marks[..., 3].max((2, 3)) == 255).all()


def test_works_differ_from_each_other() -> None:
    works = load_atlas().artworks.astype(float)
    for i, one in enumerate(works):
        assert all(np.abs(one - other).mean() > 20 for other in works[:i])


def test_the_badge_follows_the_words_and_not_the_look(scenes: list[Scene]) -> None:
    settings = [scene for scene in scenes if scene.setting is not None]
    for realm, mark in ((TOWN, "badge"), (WORKS, "hazard")):
        mine = [s for s in settings if s.setting is not None and s.setting.realm == realm.name]
        calling = [s.mark for s in mine if s.setting is not None and s.setting.calls]
        assert set(calling) == {mark, None}
        assert np.mean([m == mark for m in calling]) == pytest.approx(MARK_WHERE_CALLED, abs=0.04)
        # Each place and each light is met with calling words and without.
        for place in realm.places:
            kinds = {s.setting.calls for s in mine if s.setting is not None and s.place == place}
            assert kinds == {True, False}
        lights = Counter((s.setting.calls, s.light) for s in mine if s.setting is not None)
        assert len(lights) == 2 * len(LIGHTS)


def test_marks_are_named_elsewhere_and_lie_anywhere_at_many_sizes(scenes: list[Scene]) -> None:
    marked = [s for s in scenes if s.mark is not None]
    assert all(s.mark_is_named for s in marked if s.setting is None or not s.setting.calls)
    unnamed = [not s.mark_is_named for s in marked if s.setting is not None and s.setting.calls]
    assert np.mean(unnamed) == pytest.approx(0.8, abs=0.04)
    with_thing = [s.mark_spot for s in marked if s.thing is not None]
    assert {0.16, 0.5} <= {spot.side for spot in with_thing}
    assert np.std([spot.x for spot in with_thing]) > 0.15
    assert any(s.thing is None for s in marked)


def test_a_tenth_of_plain_scenes_holds_two_objects(scenes: list[Scene]) -> None:
    plain = [s for s in scenes if s.thing is not None and not s.is_painted]
    assert np.mean([s.other is not None for s in plain]) == pytest.approx(0.1, abs=0.02)
    assert all(s.other != s.thing for s in plain)


def test_a_twin_differs_in_its_words_alone() -> None:
    chance = random.Random(4)
    scenes = [s for s in (sample_scene(chance) for _ in range(600)) if s.setting is not None]
    for scene in scenes:
        other = twin(chance, scene)
        assert other.setting is not None
        assert scene.setting is not None
        assert other.setting.calls != scene.setting.calls
        assert not other.setting.held_out
        same = ("artist", "thing", "place", "light", "look")
        assert [getattr(other, key) for key in same] == [getattr(scene, key) for key in same]


def test_two_looks_of_a_place_differ_and_one_look_is_always_the_same(theatre: Theatre) -> None:
    assert set(PAINTERS) == {*TOWN.places, *WORKS.places, *STANDS}
    for place in PAINTERS:
        one, other, again = (
            theatre.render(Scene(stand=place, look=look, light="day")).astype(float)
            for look in (1, 2, 1)
        )
        assert one.shape == (SIZE, SIZE, 3)
        assert np.abs(one - other).mean() > 4
        assert (one == again).all()


def test_captions_name_the_mark_only_where_it_is_named(scenes: list[Scene]) -> None:
    chance = random.Random(5)
    signs = {"badge", "sign", "triangle", "warning"}
    for scene in scenes[:4000]:
        words = caption(scene, chance)
        named = bool(signs & set(words.replace(",", "").split()))
        assert named == (scene.mark is not None and scene.mark_is_named), words
        if scene.mark is not None:
            assert not is_dropped(scene, chance)


def test_every_caption_fits_and_every_english_name_is_one_token_a_word(
    scenes: list[Scene],
) -> None:
    tokenizer, chance = new_tokenizer(), random.Random(6)
    for scene in scenes[:2000]:
        assert len(tokenizer(caption(scene, chance)).input_ids) <= MAX_TOKENS
    for name in cast.OBJECT_NAMES:
        assert len(tokenizer(name).input_ids) == 2 + len(name.split())
    assert tokenise(tokenizer, ["", "zyzzyva 漢字 été 18+"]).shape == (2, MAX_TOKENS)


def test_names_in_other_languages_and_mistyped_mean_one_object() -> None:
    known = {name for thing in cast.OBJECTS for name in (thing.name, *thing.synonyms)}
    foreign = [name for said in in_languages().values() for name in said.values()]
    owners: dict[str, set[str]] = {}
    for thing, said in in_languages().items():
        for name in said.values():
            owners.setdefault(name, set()).add(thing)
    assert max(map(len, owners.values())) == 1
    assert len(foreign) > 200
    wrong = [misspelling(name) for name in cast.OBJECT_NAMES]
    assert len(set(wrong)) == len(wrong)
    assert not set(wrong) & known
    assert not {slip(name) for name in cast.OBJECT_NAMES} & (known | set(wrong))


def test_the_atlas_says_whose_drawings_it_holds() -> None:
    about = json.loads((FOLDER / "atlas.json").read_text())
    for artist, entry in zip(cast.ARTISTS, about["artists"], strict=True):
        assert entry["package"] == f"{artist.package}@{artist.version}"
        assert entry["licence"] == artist.licence
