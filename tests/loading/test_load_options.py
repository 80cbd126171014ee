"""The options that say how a model is loaded: the same words for every command that loads one."""

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest
import torch
from safetensors.torch import load_file, save_file
from single_files import original

from unsee.cli import WRONG_INPUT, main
from unsee.commands.compare import compare
from unsee.commands.erase import erase
from unsee.commands.export import export
from unsee.commands.generate import generate
from unsee.commands.options import LoadOptions
from unsee.running.precisions import PRECISIONS

QUICK = ("--recipe", "emoji", "--steps", "2", "--sampler-steps", "2", "--rollouts", "1")
NAMES = {field.name for field in fields(LoadOptions)}


@pytest.fixture
def file(tiny_folder: Path, tmp_path: Path, one_thread: None) -> Path:
    """The tiny model as a single file, which does not say its architecture."""
    weights = {path.parent.name: load_file(path) for path in tiny_folder.glob("*/*.safetensors")}
    path = tmp_path / "model.safetensors"
    save_file(original("sd1", weights), path)
    return path


@pytest.fixture
def erased(file: Path, tiny_folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "cat.safetensors"
    assert run("erase", "cat", "--model", file, "--config", tiny_folder, *QUICK, "--out", path) == 0
    return path


@pytest.fixture
def words(erased: Path, tmp_path: Path) -> dict[str, list[object]]:
    """A command line for each command that draws or copies; the options come after it."""
    return {
        "generate": ["cat", "--steps", 2, "--erased", erased, "--out", tmp_path / "pictures"],
        "compare": [erased, "--prompts", "cat", "--steps", 2, "--out", tmp_path / "sheet.png"],
        "export": [erased, "--to", "checkpoint", "--out", tmp_path / "whole.safetensors"],
    }


def run(*argv: object) -> int:
    return main([str(word) for word in argv])


@pytest.mark.parametrize("command", [erase, generate, compare, export])
def test_a_command_takes_them_all_and_says_none_of_them_anew(command: Callable[..., None]):
    options = get_type_hints(command)["options"]
    assert issubclass(options, LoadOptions)
    assert not NAMES & set(vars(options).get("__annotations__", {}))


def test_a_file_of_no_known_architecture_is_used_as_erase_uses_it(
    words: dict[str, list[object]],
    file: Path,
    tiny_folder: Path,
    capsys: pytest.CaptureFixture[str],
):
    for command, own in words.items():
        assert run(command, *own, "--model", file) == WRONG_INPUT
        assert "none of Stable Diffusion 1" in capsys.readouterr().err
        assert run(command, *own, "--model", file, "--config", tiny_folder) == 0
        capsys.readouterr()


def test_a_tokenizer_reaches_the_loader(
    words: dict[str, list[object]],
    file: Path,
    tiny_folder: Path,
    capsys: pytest.CaptureFixture[str],
):
    for command, own in words.items():
        given = ["--config", tiny_folder, "--tokenizer", tiny_folder]
        assert run(command, *own, "--model", file, *given) == WRONG_INPUT
        assert "has a tokenizer of its own" in capsys.readouterr().err


def test_an_export_is_in_the_number_format_that_was_asked_for(
    words: dict[str, list[object]], file: Path, tiny_folder: Path, tmp_path: Path
):
    for name in PRECISIONS.values():
        given = ["--model", file, "--config", tiny_folder, "--dtype", name, "--overwrite"]
        assert run("export", *words["export"], *given) == 0
        weights = load_file(tmp_path / "whole.safetensors")
        assert {tensor.dtype for tensor in weights.values()} == {getattr(torch, name)}


def test_pictures_in_another_number_format_are_other_pictures(
    words: dict[str, list[object]],
    tiny_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    given = ["--model", tiny_folder, "--dtype"]
    assert run("generate", *words["generate"], *given, "bfloat16") == 0
    line = (tmp_path / "pictures/manifest.jsonl").read_text().splitlines()[0]
    assert run("generate", *words["generate"], *given, "float32") == WRONG_INPUT
    assert "holds other pictures (fingerprint" in capsys.readouterr().err
    assert json.loads(line)["erased"]
    assert run("compare", *words["compare"], *given, "bfloat16") == 0


def test_an_unknown_number_format_is_answered_with_the_known_ones(
    words: dict[str, list[object]], tiny_folder: Path, capsys: pytest.CaptureFixture[str]
):
    for command, own in words.items():
        assert run(command, *own, "--model", tiny_folder, "--dtype", "bfloat") == WRONG_INPUT
        assert "unknown dtype 'bfloat'; did you mean 'bfloat16'?" in capsys.readouterr().err
