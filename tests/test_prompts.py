"""Prompt sets: what goes in comes out, and a wrong file is told what is wrong with it."""

from pathlib import Path

import pytest

from unsee.errors import OptionError, OutputError, UnknownName
from unsee.prompts import PromptRow, PromptSet


@pytest.fixture
def write(tmp_path: Path):
    """A function that makes a CSV file of a text."""

    def write(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "prompts.csv"
        path.write_text(text, encoding=encoding)
        return path

    return write


def test_cross_gives_every_prompt_every_seed_prompt_by_prompt():
    crossed = PromptSet.cross(["cat", "dog"], [3, 5], group="animals")
    assert crossed.prompts == ["cat", "cat", "dog", "dog"]
    assert crossed.seeds == [3, 5, 3, 5]
    assert {row.group for row in crossed} == {"animals"}
    assert len({row.id for row in crossed}) == len(crossed) == 4


def test_a_csv_file_gives_back_the_set_that_was_written(tmp_path: Path):
    hard = ["", 'a "quoted", comma', "two\nlines", "η in the style of Übermensch", " spaces "]
    rows = PromptSet.cross(hard, [0, 2**63 - 1], group="hard")
    rows.write_csv(tmp_path / "prompts.csv")
    assert PromptSet.read_csv(tmp_path / "prompts.csv") == rows


def test_write_csv_keeps_what_exists_unless_told(tmp_path: Path):
    path = tmp_path / "prompts.csv"
    PromptSet.cross(["cat"], [0]).write_csv(path)
    with pytest.raises(OutputError, match="exists"):
        PromptSet.cross(["dog"], [0]).write_csv(path)
    assert PromptSet.read_csv(path).prompts == ["cat"]
    PromptSet.cross(["dog"], [0]).write_csv(path, overwrite=True)
    assert PromptSet.read_csv(path).prompts == ["dog"]


def test_columns_come_in_any_order_and_id_and_group_may_be_left_out(write):
    assert PromptSet.read_csv(write("seed,prompt\n7,cat\n8,dog\n")).rows == (
        PromptRow("00000", "cat", 7),
        PromptRow("00001", "dog", 8),
    )
    assert PromptSet.read_csv(write("group,seed,id,prompt\nx,7,a,cat\n")).rows == (
        PromptRow("a", "cat", 7, "x"),
    )


def test_spreadsheets_write_a_byte_order_mark(write):
    assert PromptSet.read_csv(write("prompt,seed\ncat,1\n", "utf-8-sig")).prompts == ["cat"]


def test_missing_columns_are_named_with_what_was_found(write):
    with pytest.raises(OptionError, match=r"lacks the column seed; it has: id, prompt"):
        PromptSet.read_csv(write("id,prompt\n1,cat\n"))
    with pytest.raises(OptionError, match=r"lacks the column prompt, seed; it has: none"):
        PromptSet.read_csv(write(""))


def test_an_unknown_column_is_an_error_that_names_the_nearest(write):
    with pytest.raises(UnknownName, match=r"seeds.*seed"):
        PromptSet.read_csv(write("prompt,seed,seeds\ncat,1,2\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prompt,seed\ncat,one\n", r"line 2: the seed 'one' is not a whole number"),
        ("prompt,seed\ncat,1\ncat,-1\n", r"seed -1 of row 00001"),
        ("prompt,seed\ncat,1,2\n", r"line 2: the number of cells"),
        ("prompt,seed\ncat\n", r"line 2: the number of cells"),
        ("prompt,seed\n", r"the prompt set is empty"),
        ("id,prompt,seed\na,cat,1\na,dog,1\n", r"id 'a' occurs twice"),
        ("id,prompt,seed\n../a,cat,1\n", r"id '../a' cannot name a file"),
        ('prompt,seed\n"cat,1\n', r"cannot read .* as CSV"),
    ],
)
def test_a_wrong_row_is_an_error_that_names_the_place(write, text: str, message: str):
    with pytest.raises(OptionError, match=message):
        PromptSet.read_csv(write(text))


def test_a_file_that_is_not_there_or_not_text_is_an_error(tmp_path: Path, write):
    with pytest.raises(OptionError, match="No such file"):
        PromptSet.read_csv(tmp_path / "none.csv")
    with pytest.raises(OptionError, match="cannot read"):
        PromptSet.read_csv(write("prompt,seed\n\xe9,1\n", "latin-1"))
