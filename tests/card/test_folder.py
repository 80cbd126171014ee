"""What is refused: options that make no sense, and folders that hold more or less than a card."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cards import run, text_of, with_recipe

from unsee.card.folder import card_files, check_card, write_card
from unsee.card.text import Extras
from unsee.cli import WRONG_INPUT
from unsee.errors import CardError, ErasedFileError, OutputError


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--no-images", "--prompts", "cat"], "--no-images shows none"),
        (["--no-images", "--sheet", "x.png"], "--no-images shows none"),
        (["--sheet", "x.png", "--seeds", "1"], "--sheet is shown as it is"),
        (["--sheet", "none.png"], "cannot read the picture none.png"),
        (["--repo", "name"], "--repo takes OWNER/NAME"),
        (["--base-model", "a//b"], "--base-model takes OWNER/NAME"),
        (["--license", "Mine alone"], "--license takes a name"),
        (["--results", "nowhere"], "holds no results"),
        ([], "which unsee does not find by that name; say where it lies with --model"),
    ],
)
def test_options_that_make_no_sense(
    cat: Path, here: Path, flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
):
    assert run("card", cat, *flags) == WRONG_INPUT
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert list(here.iterdir()) == []


def _stranger(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")


def _hidden(folder: Path) -> None:
    (folder / "images").mkdir(exist_ok=True)
    (folder / "images/.secret").write_text("mine")


def _link(folder: Path) -> None:
    (folder / "LICENSE").symlink_to("/etc/hostname")


def _linked_folder(folder: Path) -> None:
    (folder / "images").symlink_to("/etc")


def _second(folder: Path) -> None:
    shutil.copy(folder / "cat.safetensors", folder / "dog.safetensors")


def _unseen(folder: Path) -> None:
    (folder / "images").mkdir()
    (folder / "images/private.png").write_bytes(b"")


def _no_card(folder: Path) -> None:
    (folder / "README.md").unlink()


def _no_file(folder: Path) -> None:
    (folder / "cat.safetensors").unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_stranger, "notes.txt is no part of a card"),
        (_hidden, ".secret is no part of a card"),
        (_link, "LICENSE is no part of a card"),
        (_linked_folder, "images is no part of a card"),
        (_second, "holds 2 .safetensors files"),
        (_unseen, "private.png is not on the card"),
        (_no_card, "is no folder of a card"),
        (_no_file, "holds 0 .safetensors files"),
    ],
)
def test_a_folder_with_anything_else_in_it_is_no_card(
    cat: Path, here: Path, spoil: Callable[[Path], None], message: str
):
    write_card(cat, here / "card")
    card_files(here / "card")
    spoil(here / "card")
    with pytest.raises(CardError, match=re.escape(message)):
        card_files(here / "card")


def test_a_card_beside_another_file_is_refused(cat: Path, here: Path):
    write_card(cat, here / "card")
    place = here / "card/cat.safetensors"
    place.unlink()
    with_recipe(cat, place, base="emoji")
    with pytest.raises(CardError, match="is not about the cat.safetensors in it"):
        card_files(here / "card")
    place.write_bytes(cat.read_bytes()[:-8])
    with pytest.raises(ErasedFileError, match="truncated"):
        card_files(here / "card")


def test_only_a_card_is_replaced_and_only_when_told_so(cat: Path, here: Path):
    write_card(cat, here / "card")
    (here / "card/LICENSE.txt").write_text("the licence")
    with pytest.raises(OutputError, match="overwrite"):
        write_card(cat, here / "card")
    write_card(cat, here / "card", Extras(licence="mit"), overwrite=True)
    assert "license: mit" in text_of(here / "card")
    assert (here / "card/LICENSE.txt").read_text() == "the licence"
    with pytest.raises(CardError, match="would be replaced"):
        write_card(here / "card/cat.safetensors", here / "card", overwrite=True)
    (here / "card/notes.txt").write_text("mine")
    with pytest.raises(CardError, match="notes.txt is no part of a card"):
        write_card(cat, here / "card", overwrite=True)
    (here / "things").mkdir()
    (here / "things/x").write_text("mine")
    with pytest.raises(OutputError, match="other things"):
        check_card(here / "things", overwrite=True)
    assert (here / "card/notes.txt").read_text() == "mine"
    assert sorted(path.name for path in here.iterdir()) == ["card", "things"]


def test_a_name_that_no_shell_likes_is_made_plain(cat: Path, here: Path):
    shutil.copy(cat, here / "my cat (1)")
    assert write_card(here / "my cat (1)", here / "card").weights == "my-cat-1.safetensors"
