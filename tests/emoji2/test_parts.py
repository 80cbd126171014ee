"""The parts of emoji 2's recipe, each for a property of its own."""

import itertools
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from unsee.emoji2 import cast
from unsee.emoji2.enlarged import compare
from unsee.emoji2.floors import FLOORS
from unsee.emoji2.implicit_text import compared, text_likeness
from unsee.emoji2.judge import Judge, places
from unsee.emoji2.latents import draw_scenes, encode, normalise
from unsee.emoji2.model import MAX_TOKENS, new_vae, tokenise
from unsee.emoji2.pool import TwinPool
from unsee.emoji2.realms import TOWN
from unsee.emoji2.second_judge import SecondJudge, icons, object_classes
from unsee.emoji2.theatre import Theatre, render
from unsee.emoji2.train_judge import held_out, softened
from unsee.emoji2.train_tower import TowerStage
from unsee.emoji2.wide import CELL, SIZE, WideTheatre, spoiled


@pytest.fixture(scope="module")
def theatre() -> Theatre:
    return Theatre()


def test_a_batch_of_twins_holds_both_and_no_scene_twice(theatre: Theatre) -> None:
    pool = TwinPool(theatre, "test", 400)
    numbers = pool.draw(random.Random(0), 100)
    assert len(set(numbers)) == len(numbers) == 100
    beside = [
        (pool.scenes[a], pool.scenes[b]) for a, b in itertools.pairwise(numbers) if b == a + 1
    ]
    pairs = [(one, two) for one, two in beside if one.setting and two.setting]
    assert len(pairs) > 5
    assert all(one.setting.calls != two.setting.calls for one, two in pairs if one.look == two.look)


def test_pictures_of_a_pool_are_those_of_its_scenes(theatre: Theatre) -> None:
    pool = TwinPool(theatre, "test", 20)
    for _ in range(2):
        assert torch.equal(pool.pictures([3, 7]), render(theatre, [pool.scenes[3], pool.scenes[7]]))


def test_captions_are_pooled_at_their_end_or_after_it() -> None:
    stage = TowerStage()
    ids = tokenise(stage.tokenizer, ["a cat"] * 200)
    positions = stage.positions(ids, random.Random(0))
    assert positions.min() == 3
    assert positions.max() < MAX_TOKENS
    assert (positions == 3).float().mean() == pytest.approx(0.5, abs=0.1)


def test_likeness_counts_pairs_in_the_right_order() -> None:
    likeness = compared(torch.tensor([0.9, 0.2]), torch.tensor([0.1, 0.3]))
    assert likeness.order == 0.75
    assert likeness.calling == pytest.approx(0.55)
    stage = TowerStage()
    measured = text_likeness(stage.tokenizer, stage.tower, TOWN)
    assert set(measured) == {"sequence", "sequence from empty", "pooled", "pooled from empty"}


def test_normalised_latents_have_mean_0_and_spread_1_and_are_found_again(
    theatre: Theatre, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    vae = new_vae().eval()
    x = render(theatre, draw_scenes(5, 2))
    with torch.no_grad():
        before = vae.decode(vae.encode(x).latent_dist.mode()).sample
        normalise(vae, theatre, count=30)
        after = vae.decode(vae.encode(x).latent_dist.mode()).sample
    assert torch.allclose(before, after, atol=1e-4)
    latents = encode(vae, theatre, tmp_path, -1, 30)
    spread = latents.x_0.float()
    assert torch.allclose(spread.mean((0, 2, 3)), torch.zeros(32), atol=1e-2)
    assert torch.allclose(spread.std((0, 2, 3)), torch.ones(32), atol=1e-2)
    (file,) = tmp_path.iterdir()
    written = file.stat().st_mtime_ns
    assert torch.equal(encode(vae, theatre, tmp_path, -1, 30).x_0, latents.x_0)
    assert file.stat().st_mtime_ns == written


def test_floors_lack_their_concept_and_nothing_else() -> None:
    scenes = draw_scenes(3, 3000)
    for floor in FLOORS:
        left = [scene for scene in scenes if floor.keep(scene)]
        assert 0.7 < len(left) / len(scenes) < 1
    badge, artist, thing = (floor.keep for floor in FLOORS)
    assert {scene.mark for scene in scenes if badge(scene)} == {"hazard", None}
    drawn = {cast.ARTIST_NAMES[s.artist] for s in scenes if artist(s) and s.artwork is None}
    assert set(cast.ARTIST_NAMES) - drawn == {"emojione"}
    shown = {
        cast.OBJECT_NAMES[number]
        for scene in scenes
        if thing(scene)
        for number in (scene.thing, scene.other)
        if number is not None
    }
    assert set(cast.OBJECT_NAMES) - shown == {"hammer"}


def test_the_first_judge_answers_every_question(theatre: Theatre) -> None:
    judge = Judge().eval()
    with torch.no_grad():
        verdict = judge(torch.zeros(2, 3, 128, 128))
    assert verdict.objects.shape == (2, 64)
    assert verdict.places.shape == (2, len(places()))
    assert verdict.features.shape == (2, 192)
    assert verdict.badge.shape == (2,)
    x = render(theatre, draw_scenes(1, 4))
    assert torch.allclose(judge.distance(x, x), torch.zeros(4), atol=1e-6)
    assert judge.score(x, ["a cat"] * 4).shape == (4,)
    shares = held_out(judge, theatre, 100)
    assert {"object", "both objects", "artist", "place", "light", "badge", "hazard"} < set(shares)
    assert softened(x, random.Random(0)).shape == x.shape


def test_the_second_judge_knows_every_object_and_sees_wild_pictures() -> None:
    assert len(set(object_classes())) == 64
    judge = SecondJudge().eval()
    assert sum(value.numel() for value in judge.parameters()) * 2 <= 6_000_000
    drawings = np.full((8, len(icons()), CELL, CELL, 4), 255, np.uint8)
    chance, wide = random.Random(0), WideTheatre(drawings)
    pictures = [wide.draw(chance) for _ in range(60)]
    assert {len(picture.objects) for picture in pictures} == {1, 2}
    assert any(any(picture.marks) for picture in pictures)
    assert pictures[0].pixels.shape == (SIZE, SIZE, 3)
    x = torch.zeros(3, 3, SIZE, SIZE)
    assert all(spoiled(x, chance).shape == x.shape for _ in range(20))
    with torch.no_grad():
        assert judge(torch.zeros(2, 3, 128, 128)).objects.shape == (2, len(icons()))


def test_64_pixels_enlarged_are_the_measure_for_128(theatre: Theatre) -> None:
    made = compare(new_vae().eval(), theatre, 16)
    assert made["64 pixels enlarged"].nearest == 1
    assert made["64 pixels enlarged"].margin < 0.5
    assert made["128 pixels"].error > made["64 pixels enlarged"].error
