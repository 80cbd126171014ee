"""Output files appear whole or not at all."""

from collections.abc import Callable
from pathlib import Path

import pytest

from unsee.errors import OutputError
from unsee.exporting.folder import check_folder
from unsee.running.files import check_output, writing


def test_a_file_appears_when_the_block_ends_well(tmp_path: Path):
    path = tmp_path / "new" / "folder" / "file"
    with writing(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_nothing_appears_when_the_block_fails(tmp_path: Path, failure: type[BaseException]):
    path = tmp_path / "file"

    def write_half() -> None:
        with writing(path) as temporary:
            temporary.write_text("half")
            raise failure

    with pytest.raises(failure):
        write_half()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_exists_stays_unless_told(tmp_path: Path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(OutputError, match="overwrite"):
        check_output(path)
    assert path.read_text() == "old"
    with writing(path, overwrite=True) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write"):
        check_output(tmp_path / "file" / "below")
    with pytest.raises(OutputError, match="is a folder"):
        check_output(tmp_path, overwrite=True)


@pytest.mark.parametrize("check", [check_output, check_folder])
def test_a_name_that_is_too_long_is_told_in_a_line(tmp_path: Path, check: Callable[[Path], None]):
    with pytest.raises(OutputError, match="cannot write .*: File name too long; choose"):
        check(tmp_path / ("x" * 300))
