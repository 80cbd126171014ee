"""A complete study from the embedded model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import unsee
from unsee.emoji import cast
from unsee.emoji.evaluators import load_judge
from unsee.loading import Model
from unsee.study.folders import find_pictures
from unsee.study.from_emoji import SETTINGS, draw_folders, kinds_of, similar_artists
from unsee.study.kinds import REFERENCE
from unsee.study.order import draw_questions
from unsee.study.plan import make_study

QUICK = {"steps": 1, "sampler_steps": 2, "rollouts": 1, "batch": 1}


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), dtype=np.int16)


def test_every_artist_gets_every_kind_and_the_study_can_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_emoji: Model, one_thread: None
) -> None:
    monkeypatch.setattr(unsee, "load", lambda name: quick_emoji)
    folder = tmp_path / "folders"
    work = tmp_path / "work"
    draw_folders(folder, ["esd-x"], artists=2, pictures=1, work=work, settings=QUICK)
    found = find_pictures(folder)
    kinds = {"real", "similar", "unedited", "esd-x", "other-esd-x"}
    assert {one.kind for one in found} == kinds | {REFERENCE}
    # The works beside a picture are none of the works that are asked for.
    for artist in {one.artist for one in found}:
        works, asked = (
            [pixels(one.path) for one in found if (one.artist, one.kind) == (artist, kind)]
            for kind in (REFERENCE, "real")
        )
        assert len(asked) == 1
        assert not any(np.array_equal(work, one) for work in works for one in asked)
    # The same noise and prompt: systems change the picture, and another artist's erasure does too.
    first = {kind: pixels(folder / found[0].artist / kind / "00.png") for kind in kinds}
    assert not np.array_equal(first["unedited"], first["esd-x"])
    assert not np.array_equal(first["esd-x"], first["other-esd-x"])
    settings = replace(SETTINGS, labels={})
    assert {one.kind for one in found} - {REFERENCE} == set(kinds_of(["esd-x"]))
    plan = make_study(found, settings, tmp_path / "study")
    assert len(draw_questions(plan, {})) == 2 * len(kinds) + 2


def test_similar_artists_are_others_and_those_who_drew_alike(one_thread: None) -> None:
    nearest = similar_artists(load_judge())
    assert set(nearest) == set(cast.ARTIST_NAMES)
    assert all(name != other for name, other in nearest.items())
    # Two stages of one body of work, by the same hand.
    assert nearest["blob"] in ("noto", "twemoji", "emojione", "firefox")


def test_only_pictures_of_the_same_size_and_kind_leave_the_maker() -> None:
    assert SETTINGS.square
    assert set(SETTINGS.labels) >= {"real", "similar", "unedited", "esd-x", "other-esd-x"}


@pytest.mark.slow
def test_the_study_of_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_emoji: Model, one_thread: None
) -> None:
    monkeypatch.setattr(unsee, "load", lambda name: quick_emoji)
    draw_folders(
        tmp_path / "folders",
        ["esd-x", "sld-medium", "negative"],
        artists=5,
        pictures=8,
        work=tmp_path / "work",
        settings=QUICK,
    )
    plan = make_study(find_pictures(tmp_path / "folders"), SETTINGS, tmp_path / "study")
    assert plan.length == 5 * 9
