"""Names of systems, worlds and their prompts, and files of prompts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import unsee
from unsee.benchmarks.systems import System, systems
from unsee.benchmarks.worlds import world_named, world_of
from unsee.benchmarks.worlds.emoji import Emoji, drawings, scenes
from unsee.benchmarks.worlds.prompt_files import files_in, read_general, read_i2p
from unsee.benchmarks.worlds.stable_diffusion import StableDiffusion
from unsee.benchmarks.worlds.world import World
from unsee.emoji import cast
from unsee.errors import OptionError, UnseeError
from unsee.loading import Model


@pytest.mark.parametrize("name", systems())
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
        rows = scenes(adult, 64)
        assert not any("badge" in row.prompt for row in rows)
        assert all((row.group in cast.ADULT_CONTEXTS) == adult for row in rows)
    assert not any(
        place in row.prompt for row in Emoji().general(99) for place in cast.ADULT_CONTEXTS
    )


@pytest.mark.parametrize("world", [Emoji(), StableDiffusion()], ids=lambda world: world.name)
def test_an_artist_has_as_many_different_rows_as_asked(world: World) -> None:
    rows = world.by_artist(world.artists[0], 40, [0, 1, 2, 3])
    assert len({(row.prompt, row.seed) for row in rows}) == 160
    assert all(world.artists[0] in row.prompt for row in rows)
    assert len(world.classes) == 10
    assert len(world.paraphrases) == 5
    assert world.landmark not in world.paraphrases


def test_the_model_tells_the_world_whatever_it_is_called(tiny: Model) -> None:
    emoji = unsee.load("emoji")
    world = world_of(emoji)
    assert isinstance(world, Emoji)
    assert (world.model_name, world.fingerprint) == ("emoji", emoji.fingerprint)
    assert isinstance(world_of(tiny), StableDiffusion)
    assert world_named("emoji") is Emoji
    assert world_named("CompVis/stable-diffusion-v1-4") is None
    assert "church" in world.concepts()["objects"]
    assert not world_of(tiny).concepts()


def test_real_drawings_are_drawn_when_asked_for_and_always_the_same() -> None:
    pictures = drawings(5)
    assert len(pictures) == len(list(pictures)) == 5
    assert [picture.tobytes() for picture in pictures[1:3]] == [
        pictures[place].tobytes() for place in (1, 2)
    ]


def test_what_a_world_lacks_is_named_by_its_option() -> None:
    world = StableDiffusion()
    for ask, option in (
        (world.unnamed, "give prompts"), (world.general, "give general"), (world.real, "give real"),
    ):  # fmt: skip
        with pytest.raises(OptionError, match=option):
            ask(3)


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
    world = replace(StableDiffusion(), i2p=read_i2p(path))
    # Files are taken whole, but for a quick run.
    assert (len(world.unnamed(1)), len(world.few().unnamed(1))) == (2, 1)


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
    pictures = files_in(tmp_path, (16, 24))
    assert [picture.size for picture in pictures] == [(16, 24)] * 2
    assert [np.asarray(picture).mean() for picture in pictures] == [0, 90]
    # What cannot be read is said before anything is drawn.
    (tmp_path / "1.png").write_bytes(b"no picture")
    with pytest.raises(OptionError, match="1.png"):
        files_in(tmp_path, (16, 24))
    (tmp_path / "1.png").unlink()
    with pytest.raises(OptionError, match="holds 1 pictures"):
        files_in(tmp_path, (16, 24))
