"""The demonstration on the embedded model, with few steps and few pictures."""

from pathlib import Path

import pytest
from PIL import Image

import unsee
from unsee.cli import main
from unsee.commands import demo


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few steps, a few pictures."""
    config = unsee.EraseConfig.from_recipe("emoji", steps=2, rollouts=1, sampler_steps=2)
    monkeypatch.setattr(unsee.EraseConfig, "from_recipe", lambda *recipe, **settings: config)
    monkeypatch.setattr(demo, "SHOWN", ("cat",))
    monkeypatch.setattr(demo, "EVERY", 63)


def test_the_demonstration_erases_draws_and_measures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "demo"
    argv = ["demo", "--out", str(out)]
    assert main([*argv, "--artist", "high contrast"]) == 0
    shown = capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == [
        "before-after.png",
        "high-contrast.safetensors",
    ]
    assert unsee.ErasedWeights.load(out / "high-contrast.safetensors").provenance.base == "emoji"
    with Image.open(out / "before-after.png") as page:
        assert page.height > 2 * 3 * 64
    assert all(measure in shown for measure in ("UA", "IRA", "CRA", "of 8 pictures"))

    # A second run keeps what is there, unless it is told to replace it.
    assert main([*argv, "--artist", "twemoji"]) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_an_unknown_artist(capsys: pytest.CaptureFixture[str]):
    assert main(["demo", "--artist", "twemojy"]) == 2
    assert "did you mean 'twemoji'?" in capsys.readouterr().err
