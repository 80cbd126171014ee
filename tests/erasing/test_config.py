"""Settings and recipes: ranges, and that every recipe that ships can be used."""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import unsee
from unsee.erasing.config import RECIPES, EraseConfig
from unsee.erasing.selection import METHODS
from unsee.errors import OptionError, UnknownName, UnseeError

FOLDER = Path(unsee.__file__).parent / "erasing" / "recipes"


def test_the_recipes_are_the_files_of_the_folder() -> None:
    assert list(RECIPES) == sorted(path.stem for path in FOLDER.iterdir())
    assert {"paper", "emoji"} <= set(RECIPES)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_spells_every_setting_and_serves_every_method(recipe: str) -> None:
    record = tomllib.loads((FOLDER / f"{recipe}.toml").read_text())
    spelt = {name for name, value in record.items() if not isinstance(value, dict)}
    assert spelt == {field.name for field in fields(EraseConfig)}
    for method in METHODS:
        assert EraseConfig.from_recipe(recipe, method=method).method == method


def test_the_paper_recipe_is_the_paper_and_the_default() -> None:
    paper = EraseConfig.from_recipe("paper")
    assert paper == EraseConfig()
    assert (paper.steps, paper.batch, paper.lr, paper.eta) == (1000, 1, 1e-5, 1.0)
    assert (paper.source, paper.sampler) == ("edited", "ddim")
    assert (paper.sampler_steps, paper.sampling_guidance) == (50, 3.0)


def test_what_is_asked_for_wins_over_the_method_and_that_over_the_recipe(tmp_path: Path) -> None:
    recipe = tmp_path / "own.toml"
    recipe.write_text('method = "full"\nlr = 1e-3\neta = 3\n[esd-u]\nlr = 1e-4\nsteps = 7\n')
    plain = EraseConfig.from_recipe(recipe)
    assert (plain.method, plain.lr, plain.steps) == ("full", 1e-3, EraseConfig.steps)
    for_method = EraseConfig.from_recipe(recipe, method="esd-u")
    assert (for_method.lr, for_method.steps, for_method.eta) == (1e-4, 7, 3.0)
    asked = EraseConfig.from_recipe(recipe, method="esd-u", lr=1e-2, steps=None)
    assert (asked.lr, asked.steps) == (1e-2, 7)


def test_the_table_of_a_recipes_own_method_counts(tmp_path: Path) -> None:
    recipe = tmp_path / "own.toml"
    recipe.write_text('method = "esd-u"\nlr = 1e-3\n[esd-u]\nlr = 1e-4\n')
    assert EraseConfig.from_recipe(recipe).lr == 1e-4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("etta = 1.0", "did you mean 'eta'"),
        ("[esdx]\nlr = 1e-4", "did you mean 'esd-x'"),
        ("[esd-x]\nllr = 1e-4", "did you mean 'lr'"),
        ("eta = ", "not valid TOML"),
        ("eta = 101", "--eta must be between 0 and 100"),
        ('lr = "fast"', "--lr must be a number"),
    ],
)
def test_a_recipe_with_a_mistake_is_refused(tmp_path: Path, text: str, message: str) -> None:
    recipe = tmp_path / "own.toml"
    recipe.write_text(text)
    with pytest.raises(UnseeError, match=message) as caught:
        EraseConfig.from_recipe(recipe)
    assert "\n" not in str(caught.value)


def test_a_recipe_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'paper'"):
        EraseConfig.from_recipe("papre")
    with pytest.raises(OptionError, match="cannot read the recipe"):
        EraseConfig.from_recipe(tmp_path / "none.toml")
    with pytest.raises(UnknownName, match="setting"):
        EraseConfig.from_recipe("paper", stepz=3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"eta": -0.1}, "--eta must be between 0 and 100, not -0.1"),
        ({"eta": float("nan")}, "--eta must be between 0 and 100, not nan"),
        ({"eta": float("inf")}, "--eta must be between 0 and 100, not inf"),
        ({"eta": True}, "--eta must be a number, not True"),
        ({"steps": 0}, "--steps must be between 1 and 1000000, not 0"),
        ({"steps": 10**6 + 1}, "--steps must be between 1 and 1000000, not 1000001"),
        ({"steps": 10.0}, "--steps must be a whole number, not 10.0"),
        ({"lr": 0.0}, "--lr must be above 0 and at most 1, not 0.0"),
        ({"lr": 1.1}, "--lr must be above 0 and at most 1, not 1.1"),
        ({"lr": float("nan")}, "--lr must be above 0 and at most 1, not nan"),
        ({"batch": 0}, "--batch must be between 1 and 4096, not 0"),
        ({"seed": -1}, "--seed must be between 0 and 9223372036854775807, not -1"),
        ({"sampler_steps": 1001}, "--sampler-steps must be between 1 and 1000, not 1001"),
        ({"sampling_guidance": -1}, "--sampling-guidance must be between 0 and 100, not -1.0"),
        ({"rollouts": 0}, "--rollouts must be between 1 and 4096, not 0"),
        ({"reuse": 0}, "--reuse must be between 1 and 1000, not 0"),
        ({"method": "esd-y"}, "unknown method 'esd-y'"),
        ({"source": "pictures"}, "unknown source 'pictures'"),
        ({"sampler": "plms"}, "unknown sampler 'plms'"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_the_name_of_its_flag(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UnseeError) as caught:
        EraseConfig(**settings)
    assert str(caught.value).startswith(message)


def test_the_ends_of_the_ranges_are_allowed() -> None:
    EraseConfig(eta=0, steps=1, lr=1.0, batch=4096, sampler_steps=1, sampling_guidance=0)
    EraseConfig(eta=100, steps=10**6, seed=2**63 - 1, rollouts=4096, reuse=1000)


def test_whole_numbers_serve_as_numbers_and_read_the_same() -> None:
    assert repr(EraseConfig(eta=3)) == repr(EraseConfig(eta=3.0))


def test_the_learning_rate_falls_at_the_end_alone() -> None:
    config = EraseConfig(steps=10, lr=1.0, decay=0.4)
    assert [config.rate(step) for step in range(10)] == [1.0] * 7 + [0.75, 0.5, 0.25]
    assert {EraseConfig(steps=10, lr=1.0).rate(step) for step in range(10)} == {1.0}
