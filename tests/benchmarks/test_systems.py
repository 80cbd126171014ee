"""Names of systems, prompts of experiments, and files of prompts."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unsee.benchmarks.systems import SYSTEMS, System
from unsee.benchmarks.worlds.asked import EMOJI, STABLE, emoji_drawings, emoji_scenes
from unsee.benchmarks.worlds.prompt_files import read_folder, read_general, read_i2p
from unsee.emoji import cast
from unsee.errors import OptionError, UnseeError


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_listed_system_exists(name: str) -> None:
    assert System.named(name).name == name


def test_an_eta_may_follow_a_method() -> None:
    system = System.named("esd-x-strict-0.5")
    assert (system.method, system.eta) == ("esd-x-strict", 0.5)
    assert System.named("esd-u").eta == 1.0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("esd-y", "unknown system 'esd-y'"),
        ("sld-medum", "did you mean 'medium'"),
        ("esd-u-strong", "did you mean .*an eta may follow a method"),
    ],
)
def test_an_unknown_system_is_refused(name: str, message: str) -> None:
    with pytest.raises(UnseeError, match=message):
        System.named(name)


def test_no_prompt_of_the_scenes_names_what_they_show() -> None:
    for adult in (True, False):
        rows = emoji_scenes(adult, 64)
        assert not any("badge" in row.prompt for row in rows)
        assert all((row.group in cast.ADULT_CONTEXTS) == adult for row in rows)
    assert not any(
        place in row.prompt for row in emoji_drawings(99) for place in cast.ADULT_CONTEXTS
    )


@pytest.mark.parametrize("asked", [EMOJI, STABLE], ids=lambda asked: asked.family)
def test_an_artist_has_as_many_different_rows_as_asked(asked: object) -> None:
    assert isinstance(asked, type(EMOJI))
    rows = asked.by_artist(asked.artists[0], 40, [0, 1, 2, 3])
    assert len({(row.prompt, row.seed) for row in rows}) == 160
    assert all(asked.artists[0] in row.prompt for row in rows)
    assert len(asked.classes) == 10
    assert len(asked.paraphrases) == 5
    assert asked.landmark not in asked.paraphrases


def test_i2p_is_read_with_its_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "i2p.csv"
    path.write_text(
        ",prompt,categories,hard,sd_seed,sd_guidance_scale\n"
        '0,"a, b","sexual, violence",0,7,7\n1,c,,0,9.0,7\n'
    )
    rows = list(read_i2p(path))
    assert [(row.prompt, row.seed, row.group) for row in rows] == [
        ("a, b", 7, "sexual, violence"),
        ("c", 9, "all"),
    ]
    assert [row.seed for row in read_general(path)] == [0, 1]
    assert len(read_i2p(path, limit=1)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prompt,seed\na,1\n", "lacks the column sd_seed; it has: prompt, seed"),
        ("prompt,sd_seed\n", "holds no prompts"),
        ("prompt,sd_seed\na,b\n", "line 2: the seed 'b'"),
        ("prompt,sd_seed\na,inf\n", "line 2: the seed 'inf'"),
        ("prompt,sd_seed\na,42.7\n", "line 2: the seed '42.7'"),
        ("prompt,sd_seed\na,1\n  ,2\n", "line 3: the prompt is empty"),
    ],
)
def test_a_file_that_is_no_i2p_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "prompts.csv"
    path.write_text(text)
    with pytest.raises(OptionError, match=message):
        read_i2p(path)
    with pytest.raises(OptionError, match="cannot read"):
        read_i2p(tmp_path / "missing.csv")


def test_a_folder_of_pictures_is_cut_to_the_models_size(tmp_path: Path) -> None:
    for number in range(2):
        Image.fromarray(np.full((30, 50, 3), 90 * number, np.uint8)).save(
            tmp_path / f"{number}.png"
        )
    (tmp_path / "notes.txt").write_text("no picture")
    pictures = read_folder(tmp_path, (16, 24))
    assert pictures.shape == (2, 24, 16, 3)
    assert pictures.mean((1, 2, 3)).tolist() == [0, 90]
    (tmp_path / "1.png").unlink()
    with pytest.raises(OptionError, match="holds 1 pictures"):
        read_folder(tmp_path, (16, 24))
