"""Other packages bring methods, families, attacks, experiments and evaluators (tests/plugin)."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

import unsee

PACKAGES = Path(__file__).parent / "plugin"

Run = Callable[..., subprocess.CompletedProcess[str]]


def install(name: str, site: Path) -> None:
    """Put a package where Python finds it, as an installer would: files, and what it brings."""
    shutil.copytree(PACKAGES / name, site, dirs_exist_ok=True)
    project = tomllib.loads((PACKAGES / name / "pyproject.toml").read_text())["project"]
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{point} = {value}" for point, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


LISTENER = """
import contextlib, io, json, sys
from unsee.cli import main

for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(json.loads(line))
        except SystemExit as end:
            status = end.code or 0
    print(json.dumps([status, out.getvalue(), err.getvalue()]), flush=True)
"""
"""Runs one command line after the other: to start Python anew for each takes seconds."""


@contextlib.contextmanager
def listening(site: Path, here: Path) -> Iterator[Run]:
    """`unsee` in a process of its own that finds the packages in `site`."""
    places = [str(site), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    with subprocess.Popen(
        [sys.executable, "-c", LISTENER],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, places))},
        cwd=here,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(*words: object) -> subprocess.CompletedProcess[str]:
            print(json.dumps([str(word) for word in words]), file=process.stdin, flush=True)
            return subprocess.CompletedProcess(words, *json.loads(process.stdout.readline()))

        yield run
        process.stdin.close()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("here")


@pytest.fixture(scope="module")
def plugged(tmp_path_factory: pytest.TempPathFactory, here: Path) -> Iterator[Run]:
    """With the example."""
    site = tmp_path_factory.mktemp("site")
    install("example", site)
    with listening(site, here) as run:
        yield run


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, here: Path) -> Iterator[Run]:
    """Without it."""
    with listening(tmp_path_factory.mktemp("empty"), here) as run:
        yield run


@pytest.mark.parametrize(
    ("kind", "name", "help"),
    [
        ("methods", "shrink", "the last layer's weights, shrunk"),
        ("families", "ExamplePipeline", "Stable Diffusion by another name"),
        ("attacks", "ask-again", "Ask for the concept once more."),
        ("experiments", "lightness", "Draw a landmark with and without an erasure"),
        ("evaluators", "lightness", "How light a picture is, from 0 to 255."),
    ],
)
def test_each_kind_is_listed(plugged: Run, kind: str, name: str, help: str) -> None:
    listed = plugged("list", kind)
    assert listed.returncode == 0
    assert listed.stderr == ""
    assert any(
        line.split(None, 1)[0] == name and help in line
        for line in listed.stdout.split("\n")
        if line
    )


def test_a_method_erases_with_settings_of_its_own(
    plugged: Run, plain: Run, here: Path, tiny_folder: Path
) -> None:
    assert (
        "What the weights are multiplied by"
        in plugged("erase", "--help", "--method", "shrink").stdout
    )
    wrong = plugged("erase", "cat", "--method", "shrink", "--eta", "1")
    assert (wrong.returncode, wrong.stderr[:43]) == (
        2,
        "unsee: error: unknown option '--eta'; did y",
    )
    wrong = plugged("erase", "cat", "--method", "shrink", "--by", "2")
    assert wrong.stderr == "unsee: error: --by must be between 0 and 1, not 2.0\n"
    done = plugged(
        "erase",
        "cat",
        "--method",
        "shrink",
        "--by",
        "0.25",
        "--model",
        tiny_folder,
        "--out",
        "small",
    )
    assert done.stderr == ""
    assert "'cat' erased from" in done.stdout
    assert "(shrink)" in done.stdout
    erased = unsee.ErasedWeights.load(here / "small")
    assert erased.provenance.config == {"method": "shrink", "by": 0.25}
    model = unsee.load(tiny_folder, device="cpu")
    own = model.network.get_parameter("conv_out.weight").detach()
    with erased.applied(model):
        assert torch.equal(model.network.get_parameter("conv_out.weight"), own * 0.25)
    # Whoever has not the method sees what it is, and can use it.
    assert "shrink" not in plain("list", "methods").stdout
    note = "was made by method shrink, which is not installed here; its weights apply all the same"
    drawn = plain(
        "compare",
        "small",
        "--model",
        tiny_folder,
        "--prompts",
        "cat",
        "--steps",
        "2",
        "--out",
        "s.png",
    )
    assert drawn.returncode == 0
    assert note in drawn.stderr


def test_a_family_loads(plugged: Run, plain: Run, here: Path, tiny_folder: Path) -> None:
    folder = shutil.copytree(tiny_folder, here / "other")
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps(index | {"_class_name": "ExamplePipeline"}))
    drawing = ("generate", "cat", "--model", "other", "--steps", "2", "--out", "drawn")
    refused = plain(*drawing)
    assert refused.returncode == 2
    assert "is a ExamplePipeline; unsee edits these so far: StableDiff" in refused.stderr
    assert plugged(*drawing).returncode == 0


def test_an_experiment_runs_with_an_evaluator_and_a_method(plugged: Run, here: Path) -> None:
    assert "  lightness " in plugged("bench", "--help").stdout
    done = plugged("bench", "lightness", "--quick", "--out", "result")
    assert done.returncode == 0, done.stderr
    assert "| shrink |" in done.stdout
    result = json.loads((here / "result" / "result.json").read_text())
    assert [number["system"] for number in result["numbers"]] == ["unedited", "shrink"]
    assert result["facts"]["lightness"] == "mean over all pixels"


def test_a_broken_package_is_named_and_left_out(
    tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path
) -> None:
    site, here = (tmp_path_factory.mktemp(name) for name in ("site", "here"))
    install("example", site)
    install("broken", site)
    with listening(site, here) as run:
        listed = run("list", "methods")
        assert listed.returncode == 0
        assert "shrink" in listed.stdout
        assert "rust" not in listed.stdout
        assert listed.stderr.splitlines() == [
            "unsee: the method 'esd' of unsee-broken is left out: unsee has one of that name",
            (
                "unsee: the method 'rust' of unsee-broken is left out: ModuleNotFoundError: "
                "No module named 'a_module_that_is_not_installed'"
            ),
        ]
        refused = run("erase", "cat", "--method", "rust")
        assert refused.returncode == 2
        assert "unknown method 'rust'; choose from: esd, esd-x" in refused.stderr
        settings = ("--recipe", "emoji", "--steps", "1", "--sampler-steps", "1", "--rollouts", "1")
        erased = run("erase", "cat", "--method", "esd", *settings, "--model", tiny_folder)
        assert erased.returncode == 0, erased.stderr
