"""What a card tells to type runs as it stands, and its pictures are those of the erasure."""

import shlex
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from cards import blocks, run, section, text_of, with_recipe
from PIL import Image, PngImagePlugin

import unsee
from unsee.card.folder import card_files, write_card
from unsee.card.text import Extras
from unsee.cli import WRONG_INPUT, parse, resolve
from unsee.weights.erased import ErasedWeights

pytestmark = pytest.mark.usefixtures("one_thread")


# What it tells to type


def test_its_lines_run_as_they_stand(
    cat: Path, here: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    prompt = 'a "cat"\nand `it`'
    write_card(cat, here / "card", Extras(prompt=prompt, repository="owner/cat"))
    shutil.copytree(tiny_folder, here / "card/tiny")
    monkeypatch.chdir(here / "card")
    text = text_of(here / "card")
    ours, theirs = blocks(text, "python")
    exec(compile(ours, "README.md", "exec"), {})
    model = unsee.load(tiny_folder)
    with ErasedWeights.load(cat).applied(model):
        expected = model.generate(prompt, 0)
    assert (np.asarray(Image.open("after.png")) == np.asarray(expected)).all()
    Path("after.png").unlink()
    exec(compile(theirs, "README.md", "exec"), {})
    assert Path("after.png").exists()
    lines = [line for one in blocks(text, "console") for line in one.splitlines()]
    assert lines[0] == "hf download owner/cat cat.safetensors --local-dir ."
    for line in lines[1:]:
        command, *rest = shlex.split(line)
        assert command == "unsee"
        assert run(*rest) == 0
    assert (here / "card/erased/model_index.json").exists()
    assert (here / "card/compare.png").exists()


def test_on_emoji_its_lines_need_no_other_file(here: Path, monkeypatch: pytest.MonkeyPatch):
    config = unsee.EraseConfig.from_recipe("emoji", steps=1, rollouts=1, sampler_steps=2)
    erased = unsee.erase(unsee.load("emoji"), "church", config)
    write_card(erased.save(here / "church.safetensors"), here / "card")
    monkeypatch.chdir(here / "card")
    for snippet in blocks(text_of(here / "card"), "python"):
        exec(compile(snippet, "README.md", "exec"), {})
        Path("after.png").unlink()
    assert "--model" not in section(text_of(here / "card"), "Use")


def test_a_base_that_is_a_single_file_has_no_lines_for_diffusers(cat: Path, here: Path):
    path = with_recipe(cat, here / "other.safetensors", base="model.safetensors")
    write_card(path, here / "card")
    assert len(blocks(text_of(here / "card"), "python")) == 1
    assert "--to checkpoint" in text_of(here / "card")


# Pictures


def test_the_sheet_is_that_of_compare(cat: Path, here: Path, tiny_folder: Path):
    flags = ["--prompts", "cat", "dog", "--seeds", 0, 3, "--model", tiny_folder, "--steps", 2]
    assert run("card", cat, *flags) == 0
    assert run("compare", cat, *flags) == 0
    shown = np.asarray(Image.open(here / "cat-card/images/before-after.png").convert("RGB"))
    drawn = np.asarray(Image.open(here / "compare.png").convert("RGB"))
    # Below the headings, which name the file in one and not in the other.
    height = min(len(shown), len(drawn)) - 60
    assert (shown[-height:] == drawn[-height:]).all()
    text = text_of(here / "cat-card")
    assert "](images/before-after.png)" in text
    assert "2 steps" in text
    assert "`dog`, seed 3" in text
    assert "`cat`, seed 0" in text


def test_without_prompts_it_draws_what_was_erased_and_what_was_preserved(
    cat: Path, here: Path, tiny_folder: Path
):
    assert run("card", cat, "--model", tiny_folder, "--steps", 2) == 0
    assert "From above: `cat`, seed 0; `dog`, seed 0." in text_of(here / "cat-card")


def test_no_images_needs_no_model(cat: Path, here: Path, capsys: pytest.CaptureFixture[str]):
    assert run("card", cat, "--no-images", "--out", "card") == 0
    assert card_files(Path("card")).paths == ("README.md", "cat.safetensors")
    offered = shlex.split(capsys.readouterr().out.splitlines()[-1].partition("then: ")[2])
    assert offered == ["unsee", "push", "card", "--repo", "OWNER/NAME"]


def test_a_sheet_that_is_there_is_shown_without_what_else_its_file_holds(cat: Path, here: Path):
    about = PngImagePlugin.PngInfo()
    about.add_text("path", "/home/somebody")
    Image.new("RGB", (30, 20), "red").save(here / "sheet.png", pnginfo=about)
    assert run("card", cat, "--sheet", "sheet.png") == 0
    shown = here / "cat-card/images/before-after.png"
    assert b"somebody" not in shown.read_bytes()
    with Image.open(shown) as picture:
        assert picture.size == (30, 20)


def test_the_commands_of_its_page_parse():
    page = (Path(__file__).parents[2] / "docs/card.md").read_text(encoding="utf-8")
    lines = [line for one in blocks(page, "console") for line in one.splitlines()]
    assert len(lines) == 2
    for line in lines:
        words, command, rest = resolve(shlex.split(line)[1:])
        assert command is not None
        parse(command, shlex.join(words), rest)


def test_a_sheet_that_is_no_picture_or_a_bomb_is_refused_in_one_line(
    cat: Path, here: Path, capsys: pytest.CaptureFixture[str]
):
    # A picture whose header promises more pixels than anybody has memory for.
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + chunk
    (here / "bomb.png").write_bytes(png + struct.pack(">I", zlib.crc32(chunk)))
    (here / "text.png").write_text("no picture")
    for name in ("bomb.png", "text.png"):
        assert run("card", cat, "--sheet", name) == WRONG_INPUT
        (line,) = capsys.readouterr().err.splitlines()
        assert f"cannot read the picture {name}" in line
    assert not (here / "cat-card").exists()
