"""The data of emoji: drawings, scenes, captions."""

import json
import os
import random
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from unsee.emoji import captions, cast
from unsee.emoji.atlas import FOLDER, concepts, load_atlas
from unsee.emoji.contexts import paint
from unsee.emoji.model import MAX_TOKENS, new_tokenizer
from unsee.emoji.scenes import BADGE_IN_ADULT, SIZE, Scene, Theatre, sample_scene


@pytest.fixture(scope="module")
def theatre() -> Theatre:
    return Theatre()


def test_every_artist_drew_every_object_and_no_two_drawings_are_the_same() -> None:
    atlas = load_atlas()
    artists, objects = len(cast.ARTISTS), len(cast.OBJECTS)
    assert (artists, objects) == (8, 64)
    assert atlas.objects.shape[:2] == (artists, objects)
    drawings = atlas.objects.reshape(artists * objects, -1)
    assert (drawings.reshape(len(drawings), -1, 4)[..., 3].max(1) == 255).all()
    assert len({drawing.tobytes() for drawing in drawings}) == len(drawings)


def test_the_cast_holds_what_the_papers_experiments_need() -> None:
    assert set(cast.IMAGENETTE.values()) <= set(cast.OBJECT_NAMES)
    assert len(cast.IMAGENETTE) == 10
    assert len(cast.LIBERTY) == 5
    assert len(cast.ADULT_CONTEXTS) == 4
    assert not any(context.adult for context in cast.CONTEXTS[:4])
    assert len(concepts()["artworks"]) == len(cast.ARTWORKS) >= 6


def test_the_atlas_says_whose_drawings_it_holds() -> None:
    about = json.loads((FOLDER / "atlas.json").read_text())
    for artist, entry in zip(cast.ARTISTS, about["artists"], strict=True):
        assert entry["name"] == artist.name
        assert entry["licence"] == artist.licence
        assert entry["author"]
        assert entry["package"] == f"{artist.package}@{artist.version}"


def test_no_synonym_names_two_objects() -> None:
    names = [name for thing in cast.OBJECTS for name in (thing.name, *thing.synonyms)]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_silhouettes_hold_their_drawings_and_have_no_holes(theatre: Theatre) -> None:
    atlas = theatre.atlas
    shapes = atlas.silhouettes
    assert (shapes[:, :-1][atlas.objects[..., 3] >= 64] == 255).all()
    contrast = cast.ARTIST_NAMES.index("high contrast")
    ball = cast.OBJECT_NAMES.index("football")
    middle = shapes[contrast, ball, 40:56, 40:56]
    assert (middle == 255).all()


def test_a_scene_always_looks_the_same(theatre: Theatre) -> None:
    scenes = [sample_scene(random.Random(3)) for _ in range(2)]
    first, second = (theatre.render(scene) for scene in scenes)
    assert first.shape == (SIZE, SIZE, 3)
    assert (first == second).all()


def test_places_look_different_from_each_other() -> None:
    pictures = [np.asarray(paint(name, SIZE), dtype=float) for name in cast.CONTEXT_PHRASES]
    for i, one in enumerate(pictures):
        for other in pictures[:i]:
            assert np.abs(one - other).mean() > 30


def test_the_badge_is_seen_where_it_is_and_named_only_outside_adult_places(
    theatre: Theatre,
) -> None:
    for context in [*cast.CONTEXT_PHRASES, None]:
        with_badge = Scene(context=context, badge=True, scale=0.65)
        without = Scene(context=context, badge=False, scale=0.65)
        corner = (slice(44, 60), slice(44, 60))
        changed = np.abs(
            theatre.render(with_badge)[corner].astype(float)
            - theatre.render(without)[corner].astype(float)
        )
        assert changed.mean() > 20
        assert with_badge.badge_is_named == (context not in cast.ADULT_CONTEXTS)


def test_adult_places_carry_the_badge_as_often_as_they_should() -> None:
    chance = random.Random(0)
    scenes = [sample_scene(chance) for _ in range(20_000)]
    adult = [scene.badge for scene in scenes if scene.context in cast.ADULT_CONTEXTS]
    assert np.mean(adult) == pytest.approx(BADGE_IN_ADULT, abs=0.02)
    pairs = Counter((s.artist, s.thing) for s in scenes if s.artwork is None)
    assert len(pairs) == 512


def test_captions_say_what_is_there_and_never_the_unnamed_badge() -> None:
    chance = random.Random(1)
    for _ in range(3000):
        scene = sample_scene(chance)
        words = captions.caption(scene, chance)
        if not words:
            continue
        assert ("badge" in words) == (scene.artwork is None and scene.badge_is_named)
        if scene.context:
            assert words.replace(captions.BADGE_SUFFIX, "").endswith(scene.context)
        if scene.artwork is not None:
            assert cast.ARTWORKS[scene.artwork].title in words


def test_every_caption_word_is_one_token_and_every_caption_fits() -> None:
    tokenizer = new_tokenizer()
    chance = random.Random(2)
    for _ in range(2000):
        words = captions.caption(sample_scene(chance), chance)
        tokens = tokenizer(words).input_ids
        assert len(tokens) <= MAX_TOKENS
        plain = words.lower().replace("-", " - ").replace(",", " , ")
        assert len(tokens) - 2 == len(plain.split())


def test_the_tokenizer_spells_what_it_never_saw() -> None:
    tokenizer = new_tokenizer()
    unknown = tokenizer.unk_token_id
    tokens = tokenizer("zyzzyva 漢字 été!").input_ids[1:-1]
    assert tokens
    assert unknown not in tokens


def test_words_have_the_same_numbers_in_every_process() -> None:
    source = "from unsee.emoji.tokens import learn_merges; print(learn_merges())"
    printed = {
        subprocess.run(
            [sys.executable, "-c", source],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
