"""What the README tells people to type works."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import unsee
from unsee.cli import parse, resolve

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
SNIPPETS = [code for language, code in BLOCKS if language == "python"]
COMMANDS = [
    line
    for language, code in BLOCKS
    if language == "console"
    for line in code.splitlines()
    if line.startswith("unsee ")
]
COMMANDS += re.findall(r"^\| `(unsee [^`]+)`", TEXT, flags=re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_parses(command: str):
    words, run, rest = resolve(shlex.split(command)[1:])
    assert run is not None, "a group of commands, not a command"
    parse(run, shlex.join(["unsee", *words]), rest)


@pytest.mark.parametrize("code", SNIPPETS)
def test_a_snippet_compiles(code: str):
    compile(code, README.name, "exec")


@pytest.mark.parametrize("snippet", [code for code in SNIPPETS if 'load("emoji")' in code])
def test_a_snippet_on_emoji_runs(snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With a few steps only: that it runs is the question, not that it erases."""
    quick = unsee.EraseConfig.from_recipe("emoji", steps=2, rollouts=1, sampler_steps=2)
    monkeypatch.setattr(unsee.EraseConfig, "from_recipe", lambda *recipe, **settings: quick)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(snippet, README.name, "exec"), names)
    assert isinstance(names["erased"], unsee.ErasedWeights)


def test_every_link_leads_somewhere():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT):
        assert (README.parent / target).exists(), target


def test_every_method_and_recipe_is_named():
    from unsee.erasing.config import PARAMETERS
    from unsee.erasing.recipe import RECIPES

    assert all(f"`{name}`" in TEXT for name in (*PARAMETERS, *RECIPES))


def test_the_public_names_are_documented():
    shown = {name for code in SNIPPETS for name in re.findall(r"unsee\.(\w+)", code)}
    assert shown <= set(unsee.__all__)


def _rate(pair: list[int]) -> float:
    return 100 * pair[0] / pair[1]


def test_the_readme_says_of_the_experiments_what_their_results_say() -> None:
    results = {
        name: json.loads((README.parent / "benchmarks/results" / name / "result.json").read_text())
        for name in ("artists", "explicit", "objects", "strength")
    }
    artists, explicit, strength = (
        {row["system"]: row for row in results[name]["numbers"]}
        for name in ("artists", "explicit", "strength")
    )
    objects = results["objects"]["numbers"]
    own = [sum(counts) for counts in zip(*(row["own"] for row in objects), strict=True)]
    shown = strength["unedited"]["detected"]
    gone = [
        round(100 * (1 - _rate(strength[f"esd-u-{eta}"]["detected"]) / _rate(shown)))
        for eta in (1, 3, 10)
    ]
    said = [
        f"{_rate(artists['esd-x']['style']):.1f} % still recognised (",
        f"(η = 3: {_rate(artists['esd-x-3']['style']):.1f} %)",
        f"{_rate(own):.1f} % still recognised; the others keep "
        + results["objects"]["claims"][1]["numbers"],
        f"of the badge {', '.join(map(str, gone))} % go",
        f"{_rate(explicit['esd-u']['detected']):.1f} % left, against ",
        f"against {_rate(explicit['sld-medium']['detected']):.1f} % by SLD-medium",
    ]
    assert [words for words in said if words not in TEXT] == []


def test_the_docs_have_every_setting_as_it_is_stated():
    from unsee.erasing.settings import markdown

    page = (README.parent / "docs/settings.md").read_text(encoding="utf-8")
    assert page.endswith("\n\n" + markdown(unsee.EraseConfig))
