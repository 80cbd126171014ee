"""The command line: what it prints, what it writes, and one line for every wrong input."""

import contextlib
import os
import pty
import shlex
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import unsee
from unsee import cli
from unsee.cli import COMMANDS, ERROR, STOPPED, WRONG_INPUT, main
from unsee.commands import console
from unsee.commands.erase import EraseOptions
from unsee.pictures.sheet import CELL, GAP
from unsee.running.registry import PluginWarning

# A few steps of training: what the tests ask for is not whether it erases.
QUICK = ("--recipe", "emoji", "--steps", "3", "--sampler-steps", "2", "--rollouts", "2")


@dataclass(frozen=True)
class Ran:
    """How a command line ended."""

    status: int
    out: str
    err: str


Unsee = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Unsee:
    """Run a command line in this process."""

    def run(*argv: object) -> Ran:
        capsys.readouterr()
        try:
            status = main([str(word) for word in argv])
        except SystemExit as exit:
            status = int(exit.code or 0)
        return Ran(status, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def erased_cat(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An erased file of the tiny model."""
    path = tmp_path_factory.mktemp("erased") / "cat.safetensors"
    assert main(["erase", "cat", "--model", str(tiny_folder), "--out", str(path), *QUICK]) == 0
    return path


def complaint(ran: Ran) -> str:
    """The one line of a run that ended because of its input."""
    assert ran.status == WRONG_INPUT
    assert ran.out == ""
    lines = ran.err.splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("unsee: error: ")
    return lines[0].removeprefix("unsee: error: ")


# What works


def test_the_overview_names_every_command(run: Unsee):
    for argv in ([], ["--help"], ["-h"]):
        shown = run(*argv)
        assert shown.status == 0
        assert all(f"  {verb} " in shown.out for verb in COMMANDS)
    assert "build-atlas" in run("emoji").out


def test_every_command_explains_each_of_its_options(run: Unsee):
    for verb, entry in COMMANDS.items():
        for words in [[verb]] if callable(entry) else [[verb, inner] for inner in entry]:
            shown = run(*words, "--help")
            assert shown.status == 0
            assert f"usage: unsee {' '.join(words)}" in shown.out


def test_every_setting_of_an_erasure_has_a_flag_that_leaves_it_to_the_recipe():
    flags = {field.name: field.default for field in fields(EraseOptions.for_words([]))}
    for setting in fields(unsee.EraseConfig):
        assert flags[setting.name] is None


def test_the_version(run: Unsee):
    assert run("--version").out == f"unsee {unsee.__version__}\n"


def test_erase_writes_the_changed_weights_and_says_what_to_do_next(
    run: Unsee, here: Path, tiny_folder: Path
):
    ran = run("erase", "a cat", "--model", tiny_folder, *QUICK, "--eta", "2", "--lr", "1e-3")
    assert ran.status == 0
    assert "a-cat.safetensors" in ran.out
    assert [path.name for path in here.iterdir()] == ["a-cat.safetensors"]
    recipe = unsee.ErasedWeights.load("a-cat.safetensors").provenance
    given = {
        "method": "esd",
        "parameters": "x",
        "eta": 2.0,
        "lr": 1e-3,
        "steps": 3,
        "seed": 0,
        "sampler_steps": 2,
    }
    assert given.items() <= recipe.config.items()
    assert recipe.config["batch"] == unsee.EraseConfig.from_recipe("emoji").batch
    # The command that it offers is one that runs.
    offered = shlex.split(ran.out.splitlines()[-1].partition(": ")[2])
    assert offered[:2] == ["unsee", "compare"]
    assert run(*offered[1:], "--steps", "2").status == 0
    assert (here / "compare.png").exists()


def test_the_same_command_gives_the_same_bytes(run: Unsee, here: Path, tiny_folder: Path):
    for name in ("first", "second"):
        run("erase", "cat", "--model", tiny_folder, *QUICK, "--out", name)
    assert (here / "first").read_bytes() == (here / "second").read_bytes()


def test_show_tells_in_words_how_a_file_was_made(run: Unsee, erased_cat: Path):
    shown = run("show", erased_cat).out
    assert "'cat'" in shown
    assert "method       esd-x, eta" in shown
    assert "steps 3" in shown


def test_generate_draws_a_folder_and_does_not_draw_twice(
    run: Unsee, here: Path, tiny_folder: Path, erased_cat: Path
):
    words = ["generate", "cat", "dog", "--seeds", 0, 1, "--model", tiny_folder, "--steps", 2]
    assert run(*words, "--out", "before").status == 0
    assert run(*words, "--out", "after", "--erased", erased_cat).status == 0
    assert len(list(here.glob("before/*.png"))) == len(list(here.glob("after/*.png"))) == 4
    kept = {path: path.stat().st_mtime_ns for path in here.glob("before/*.png")}
    assert run(*words, "--out", "before").status == 0
    assert kept == {path: path.stat().st_mtime_ns for path in here.glob("before/*.png")}


def test_generate_takes_its_prompts_from_a_file(run: Unsee, here: Path, tiny_folder: Path):
    unsee.PromptSet.cross(["cat", "dog"], [7]).write_csv("prompts.csv")
    words = ["generate", "--prompt-file", "prompts.csv", "--model", tiny_folder, "--steps", 2]
    assert run(*words).status == 0
    assert len(list(here.glob("pictures/*.png"))) == 2


def test_compare_draws_a_column_for_the_original_and_each_file(
    run: Unsee, here: Path, tiny_folder: Path, erased_cat: Path
):
    words = ["--prompts", "cat", "dog", "--model", tiny_folder, "--steps", 2]
    widths = []
    for count in (1, 2):
        out = here / f"{count}.png"
        assert run("compare", *[erased_cat] * count, *words, "--out", out).status == 0
        with Image.open(out) as page:
            widths.append(page.width)
    assert widths[1] - widths[0] == CELL + GAP


@pytest.mark.parametrize(
    ("kind", "name"),
    [("concepts", "twemoji"), ("methods", "esd-x"), ("recipes", "paper"), ("models", "emoji")],
)
def test_list_names_what_other_commands_take(run: Unsee, kind: str, name: str):
    assert name in run("list", kind).out


# What does not, each with the way out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["ersae", "cat"], "unknown command 'ersae'; did you mean 'erase'?"),
        (["emoji", "chek"], "unknown emoji command 'chek'; did you mean 'check'?"),
        (["erase"], "PHRASE"),
        (["erase", "cat", "--etta", "1"], "unknown option '--etta'; did you mean '--eta'?"),
        (["erase", "cat", "--stesp=3"], "unknown option '--stesp'; did you mean '--steps'?"),
        (["erase", "cat", "-x"], "unknown option '-x'"),
        (["erase", "Van", "Gogh"], "'Gogh' is one word too many; put a phrase"),
        (["erase", "cat", "--eta"], "--eta"),
        (["erase", "cat", "--eta", "strong"], "--eta: no type matching FLOAT"),
        (["erase", "cat", "--steps", "1.5"], "--steps: no type matching INT"),
        (["generate"], "no prompts; give some"),
        (["generate", "cat", "--prompt-file", "x.csv"], "give no others with it"),
        (["generate", "--prompt-file", "none.csv"], "cannot read none.csv"),
        (["compare", "--prompts", "cat"], "no erased file to compare"),
        (["compare", "x.safetensors"], "no prompts; give some"),
        (["compare", "x.safetensors", "--prompts", "a", "--out", "a.jpg"], "is a PNG file"),
        (["show", "none.safetensors"], "there is no file none.safetensors"),
        (["list", "method"], "unknown kind of name 'method'; did you mean 'methods'?"),
    ],
)
def test_a_command_line_that_makes_no_sense(run: Unsee, here: Path, argv: list[str], message: str):
    assert message in complaint(run(*argv))
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--model", "emojji"], "unknown model 'emojji'; did you mean 'emoji'?"),
        (["--method", "esd-y"], "unknown method 'esd-y'; did you mean 'esd-"),
        (["--recipe", "papre"], "unknown recipe 'papre'; did you mean 'paper'?"),
        (["--source", "edit"], "unknown source 'edit'; did you mean 'edited'?"),
        (["--eta", "-1"], "--eta must be between 0 and 100, not -1.0"),
        (["--eta", "nan"], "--eta must be between 0 and 100, not nan"),
        (["--steps", "0"], "--steps must be between 1 and"),
        (["--lr", "0"], "--lr must be above 0"),
        (["--lr", "1e9"], "--lr must be above 0 and at most 1"),
        (["--batch", "0"], "--batch must be between 1 and"),
        (["--seed", "-1"], "--seed must be between 0 and"),
        (["--device", "abacus"], "--device abacus cannot be used here"),
        (["--erase-from", " "], "the concept is empty"),
    ],
)
def test_an_option_out_of_its_range(
    run: Unsee, here: Path, tiny_folder: Path, flags: list[str], message: str
):
    assert message in complaint(run("erase", "cat", "--model", tiny_folder, *flags))
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("phrase", "message"),
    [
        ("", "the concept is empty; name it"),
        ("  ", "the concept is empty; name it"),
        ("日本", "reads '日本' as the empty prompt"),
        ("cat " * 40, "tokens"),
    ],
)
def test_a_phrase_that_names_no_concept(
    run: Unsee, here: Path, tiny_folder: Path, phrase: str, message: str
):
    assert message in complaint(run("erase", phrase, "--model", tiny_folder))
    assert list(here.iterdir()) == []


def test_an_output_that_exists_or_cannot_be_written(
    run: Unsee, here: Path, tiny_folder: Path, erased_cat: Path
):
    (here / "taken").write_text("mine")
    erase = ["erase", "cat", "--model", tiny_folder, "--out"]
    compare = ["compare", erased_cat, "--prompts", "cat", "--out"]
    assert "taken exists; choose another name" in complaint(run(*erase, "taken"))
    assert "is a folder" in complaint(run(*erase, here))
    assert "cannot write" in complaint(run(*erase, "taken/below"))
    assert "cannot write" in complaint(run(*compare, "taken/below.png"))
    assert "cannot write" in complaint(
        run("generate", "cat", "--model", tiny_folder, "--out", "taken")
    )
    assert (here / "taken").read_text() == "mine"


def test_overwrite_replaces_a_file(run: Unsee, here: Path, tiny_folder: Path):
    (here / "taken").write_text("mine")
    flags = ["--out", "taken", "--overwrite", *QUICK]
    assert run("erase", "cat", "--model", tiny_folder, *flags).status == 0
    assert unsee.ErasedWeights.load("taken").provenance.concepts[0].phrase == "cat"


def test_an_erased_file_on_another_base_model(
    run: Unsee, here: Path, tiny_folder: Path, erased_cat: Path
):
    model = unsee.load(tiny_folder, device="cpu")
    with torch.no_grad():
        next(model.network.parameters()).add_(1)
    other = here / "other"
    shutil.copytree(tiny_folder, other)
    model.network.save_pretrained(other / "unet")
    for words in (["compare", erased_cat, "--prompts"], ["generate", "--erased", erased_cat]):
        told = complaint(run(*words, "cat", "--model", other))
        assert "was made from 'tiny', which is not this model" in told


def test_an_erased_file_whose_base_model_unsee_cannot_find(run: Unsee, erased_cat: Path):
    told = complaint(run("compare", erased_cat, "--prompts", "cat", "--out", "none.png"))
    assert "was made from 'tiny'" in told
    assert "--model" in told


def test_a_file_that_is_truncated_foreign_or_a_pickle(run: Unsee, here: Path, erased_cat: Path):
    whole = erased_cat.read_bytes()
    for size in (0, 4, 100, len(whole) - 1):
        (here / "short").write_bytes(whole[:size])
        assert "truncated or no safetensors file" in complaint(run("show", "short"))
    save_file({"weight": torch.zeros(2)}, here / "foreign")
    assert "not one that unsee wrote" in complaint(run("show", "foreign"))
    torch.save({"weight": torch.zeros(2)}, here / "pickle")
    assert "pickle" in complaint(run("show", "pickle"))


def test_a_model_that_is_a_pickle_or_a_single_file(run: Unsee, here: Path):
    (here / "sd.ckpt").touch()
    (here / "sd.safetensors").touch()
    (here / "empty").mkdir()
    assert "is a pickle" in complaint(run("erase", "cat", "--model", "sd.ckpt"))
    assert "truncated" in complaint(run("erase", "cat", "--model", "sd.safetensors"))
    assert "model_index.json" in complaint(run("erase", "cat", "--model", "empty"))


# Interrupts and faults


def test_ctrl_c_keeps_a_state_that_the_same_command_continues(
    run: Unsee, here: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    words = ["erase", "cat", "--model", tiny_folder, *QUICK, "--steps", "6", "--out"]
    assert run(*words, "straight").status == 0

    @contextlib.contextmanager
    def interrupting(phrase: str) -> Iterator[Callable[[unsee.EraseStep], None]]:
        yield lambda done: signal.raise_signal(signal.SIGINT) if done.step == 3 else None

    with monkeypatch.context() as patch:
        patch.setattr(console, "erasing", interrupting)
        stopped = run(*words, "resumed")
    assert stopped.status == STOPPED
    assert stopped.err.startswith("unsee: stopped after step 3 of 6; ")
    assert sorted(path.name for path in here.iterdir()) == ["resumed.unfinished", "straight"]
    again = shlex.split(stopped.err.strip().rpartition(": ")[2])
    assert run(*again[1:]).status == 0
    assert sorted(path.name for path in here.iterdir()) == ["resumed", "straight"]
    assert (here / "resumed").read_bytes() == (here / "straight").read_bytes()


def test_ctrl_c_at_a_terminal(here: Path, tiny_folder: Path):
    words = ["erase", "cat", "--model", tiny_folder, *QUICK, "--steps", "100000", "--out", "cat"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "unsee", *words],
        stderr=theirs,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "200"},
    )
    os.close(theirs)
    shown = b""
    interrupted = False
    # Reading fails once the process has closed its end.
    with contextlib.suppress(OSError):
        while part := os.read(ours, 4096):
            shown += part
            if b"loss" in shown and not interrupted:
                process.send_signal(signal.SIGINT)
                interrupted = True
    os.close(ours)
    assert process.wait(timeout=60) == STOPPED
    assert b"of 100000; the state is in cat.unfinished, and the same command goes on" in shown
    assert b"Traceback" not in shown
    assert [path.name for path in here.iterdir()] == ["cat.unfinished"]


def test_ctrl_c_elsewhere_names_the_command(run: Unsee, monkeypatch: pytest.MonkeyPatch):
    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("unsee.commands.console.say", interrupt)
    ran = run("list", "methods")
    assert ran.status == STOPPED
    assert ran.err == "unsee: stopped; the same command starts again: unsee list methods\n"


def test_a_fault_of_ours_is_one_line_unless_a_traceback_is_asked_for(
    run: Unsee, monkeypatch: pytest.MonkeyPatch
):
    def fail(line: str) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr("unsee.commands.console.say", fail)
    ran = run("list", "methods")
    assert ran.status == ERROR
    assert ran.err.startswith("unsee: error: ZeroDivisionError: two lines")
    assert "UNSEE_TRACEBACK=1" in ran.err
    monkeypatch.setenv("UNSEE_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        run("list", "methods")


def test_an_error_leaves_no_traceback_in_a_real_process(here: Path):
    ran = subprocess.run(
        [sys.executable, "-m", "unsee", "erase", "cat", "--model", "emojji"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert complaint(Ran(ran.returncode, ran.stdout, ran.stderr)).startswith("unknown model")


def test_a_plugin_that_is_left_out_is_a_line_on_stderr(monkeypatch, capsys):
    def run(options) -> None:
        warnings.warn("the tool 'saw' of rust is left out: why", PluginWarning, stacklevel=1)

    monkeypatch.setattr(cli, "resolve", lambda argv: ([], run, []))
    monkeypatch.setattr(cli, "parse", lambda *_: None)
    assert main([]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "unsee: the tool 'saw' of rust is left out: why\n"
