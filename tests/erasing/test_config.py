"""Settings and recipes: ranges, effects, and that every recipe that ships can be used."""

import json
import pydoc
import tomllib
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest

import unsee
from unsee.erasing.config import PARAMETERS, EraseConfig
from unsee.erasing.recipe import RECIPES
from unsee.erasing.settings import settings_of
from unsee.errors import OptionError, UnknownName, UnseeError

FOLDER = Path(unsee.__file__).parent / "erasing" / "recipes"


def test_the_recipes_are_the_files_of_the_folder() -> None:
    assert list(RECIPES) == sorted(path.stem for path in FOLDER.iterdir())
    assert {"paper", "emoji"} <= set(RECIPES)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_spells_every_setting_and_serves_all_parameters(recipe: str) -> None:
    record = tomllib.loads((FOLDER / f"{recipe}.toml").read_text())
    spelt = {name for name, value in record.items() if not isinstance(value, dict)}
    assert spelt == {field.name for field in fields(EraseConfig)}
    for parameters in PARAMETERS:
        config = EraseConfig.from_recipe(recipe, parameters=parameters)
        assert config.parameters == parameters
        assert config == EraseConfig.from_recipe(recipe, method=f"esd-{parameters}")
        assert config == EraseConfig.from_recipe(recipe, method="esd", parameters=parameters)


def test_the_paper_recipe_is_the_paper_and_the_default() -> None:
    paper = EraseConfig.from_recipe("paper")
    assert paper == EraseConfig()
    assert (paper.steps, paper.batch, paper.lr, paper.eta) == (1000, 1, 1e-5, 1.0)
    assert (paper.source, paper.sampler) == ("edited", "ddim")
    assert (paper.sampler_steps, paper.sampling_guidance) == (50, 3.0)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("esd-x", "x"), ("esd-x-strict", "x-strict"), ("esd-u", "u"), ("selfattn", "selfattn"),
     ("full", "full"), ("esd", "x"), ("esd-full", "full")],
)  # fmt: skip
def test_names_that_people_use_are_a_method_and_its_parameters(name: str, parameters: str) -> None:
    config = EraseConfig(method=name)
    assert (config.method, config.parameters) == ("esd", parameters)
    assert config.name == f"esd-{parameters}"
    assert EraseConfig(method="esd", parameters=parameters) == config
    assert replace(config, steps=7).parameters == parameters


@pytest.mark.parametrize("parameters", ["x", "u"])
def test_a_name_beside_other_parameters_is_refused(parameters: str) -> None:
    settings = {"method": "selfattn", "parameters": parameters}
    message = f"method selfattn is parameters selfattn, and parameters {parameters} is given"
    for make in (
        lambda: EraseConfig(**settings),
        lambda: EraseConfig.from_recipe("emoji", **settings),
        lambda: EraseConfig.check_given(**settings),
        lambda: EraseConfig.from_provenance(settings),
    ):
        with pytest.raises(OptionError, match=message):
            make()


def test_what_the_user_gives_wins_over_the_method_and_that_over_the_recipe(tmp_path: Path) -> None:
    recipe = tmp_path / "own.toml"
    recipe.write_text('method = "full"\nlr = 1e-3\neta = 3\n[esd-u]\nlr = 1e-4\nsteps = 7\n')
    plain = EraseConfig.from_recipe(recipe)
    assert (plain.parameters, plain.lr, plain.steps) == ("full", 1e-3, EraseConfig.steps)
    for_method = EraseConfig.from_recipe(recipe, method="esd-u")
    assert (for_method.lr, for_method.steps, for_method.eta) == (1e-4, 7, 3.0)
    given = EraseConfig.from_recipe(recipe, parameters="u", lr=1e-2, steps=None)
    assert (given.lr, given.steps) == (1e-2, 7)


@pytest.mark.parametrize("own", ['method = "esd-u"', 'parameters = "u"'])
def test_the_table_of_a_recipes_own_method_counts(tmp_path: Path, own: str) -> None:
    recipe = tmp_path / "own.toml"
    recipe.write_text(f"{own}\nlr = 1e-3\n[esd-u]\nlr = 1e-4\n[selfattn]\nlr = 1e-2\n")
    assert EraseConfig.from_recipe(recipe).lr == 1e-4
    assert EraseConfig.from_recipe(recipe, method="selfattn").lr == 1e-2
    assert EraseConfig.from_recipe(recipe, method="full").lr == 1e-3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("etta = 1.0", "did you mean 'eta'"),
        ("[esdx]\nlr = 1e-4", "did you mean 'esd-x'"),
        ("[esd-x]\nllr = 1e-4", "did you mean 'lr'"),
        ("eta = ", "not valid TOML"),
        ("eta = 101", "eta must be between 0 and 100"),
        ('lr = "fast"', "lr must be a number"),
        ('method = "uce"', "recipe .* is for method uce, not for esd"),
        ('[esd-x]\nparameters = "u"', "method esd-x is parameters x"),
        ("reuse = 3", "reuse has no effect with source edited"),
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
        ({"eta": -0.1}, "eta must be between 0 and 100, not -0.1"),
        ({"eta": float("nan")}, "eta must be between 0 and 100, not nan"),
        ({"eta": float("inf")}, "eta must be between 0 and 100, not inf"),
        ({"eta": True}, "eta must be a number, not True"),
        ({"steps": 0}, "steps must be between 1 and 1000000, not 0"),
        ({"steps": 10**6 + 1}, "steps must be between 1 and 1000000, not 1000001"),
        ({"steps": 10.0}, "steps must be a whole number, not 10.0"),
        ({"lr": 0.0}, "lr must be above 0 and at most 1, not 0.0"),
        ({"lr": 1.1}, "lr must be above 0 and at most 1, not 1.1"),
        ({"lr": float("nan")}, "lr must be above 0 and at most 1, not nan"),
        ({"batch": 0}, "batch must be between 1 and 4096, not 0"),
        ({"seed": -1}, "seed must be between 0 and 9223372036854775807, not -1"),
        ({"sampler_steps": 1001}, "sampler_steps must be between 1 and 1000, not 1001"),
        ({"sampling_guidance": -1}, "sampling_guidance must be between 0 and 100, not -1.0"),
        ({"rollouts": 0}, "rollouts must be between 1 and 4096, not 0"),
        ({"reuse": 0}, "reuse must be between 1 and 1000, not 0"),
        ({"method": "esd-y"}, "unknown method of EraseConfig 'esd-y'; did you mean 'esd-x'"),
        ({"parameters": "y"}, "unknown parameters 'y'"),
        ({"source": "pictures"}, "unknown source 'pictures'"),
        ({"sampler": "plms"}, "unknown sampler 'plms'"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_its_name(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UnseeError) as caught:
        EraseConfig(**settings)
    assert str(caught.value).startswith(message)


def test_the_ends_of_the_ranges_are_allowed() -> None:
    EraseConfig(eta=0, steps=1, lr=1.0, batch=4096, sampler_steps=1, sampling_guidance=0)
    EraseConfig(source="original", eta=100, steps=10**6, seed=2**63 - 1, rollouts=4096, reuse=1000)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reuse": 3}, "reuse has no effect with source edited; leave it out, or choose "),
        ({"source": "images", "rollouts": 2}, "rollouts has no effect with source images"),
        ({"source": "edited", "rollout_seed": 2}, "rollout_seed has no effect with source ed"),
        ({"source": "images", "sampling_guidance": 2.0}, "sampling_guidance has no effect with"),
        ({"preserve_weight": 2.0}, "preserve_weight has no effect without preserve; give some"),
        ({"lora_rank": 4, "precision": "bf16"}, "precision has no effect with lora_rank 4"),
    ],
)
def test_a_setting_without_effect_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        EraseConfig(**settings)
    with pytest.raises(OptionError, match=message):
        EraseConfig.from_recipe("paper", **settings)


def test_what_a_recipe_says_is_left_out_where_the_user_leaves_it_no_effect(tmp_path: Path) -> None:
    fast = EraseConfig.from_recipe("fast")
    assert (fast.rollouts, fast.reuse) == (16, 2)
    for source in ("edited", "images"):
        config = EraseConfig.from_recipe("fast", source=source)
        assert (config.rollouts, config.reuse) == (1, 1)
    with pytest.raises(OptionError, match="rollouts has no effect with source images"):
        EraseConfig.from_recipe("fast", source="images", rollouts=16)
    # A neutral value changes nothing, whoever says it.
    assert EraseConfig.from_recipe("fast", source="edited", reuse=1).reuse == 1
    recipe = tmp_path / "own.toml"
    recipe.write_text('preserve = ["dog"]\npreserve_weight = 2.0\nprecision = "bf16"\n')
    config = EraseConfig.from_recipe(recipe, preserve=(), lora_rank=4)
    assert (config.preserve_weight, config.precision) == (1.0, "fp32")
    assert EraseConfig.from_recipe(recipe, preserve_weight=3.0).preserve_weight == 3.0


def test_before_the_recipe_is_known_settings_are_held_against_each_other_alone() -> None:
    EraseConfig.check_given(preserve_weight=2.0, reuse=3, precision="bf16", eta=None)
    for settings, message in (
        ({"source": "edited", "reuse": 3}, "reuse has no effect with source edited"),
        ({"preserve": (), "preserve_weight": 2.0}, "no effect without preserve"),
        ({"source": "images", "preserve": ["dog"]}, "preserve needs latents of its prompts"),
        ({"contexts": ["a house"]}, "contexts takes prompts with {} where"),
        ({"eta": 101}, "eta must be between 0 and 100, not 101"),
        ({"etta": 1.0}, "did you mean 'eta'"),
    ):
        with pytest.raises(UnseeError, match=message):
            EraseConfig.check_given(**settings)


def test_a_header_becomes_a_config_again() -> None:
    config = EraseConfig.from_recipe("emoji-object", preserve=("dog",), preserve_weight=2)
    header = json.loads(json.dumps(asdict(config)))
    assert EraseConfig.from_provenance(header) == config


def test_the_header_of_an_earlier_version_becomes_a_config() -> None:
    header = asdict(EraseConfig(source="images", steps=5))
    del header["parameters"]
    # It kept what had no effect.
    header |= {"method": "esd-x-strict", "rollouts": 16, "reuse": 2}
    config = EraseConfig(method="esd-x-strict", source="images", steps=5)
    assert EraseConfig.from_provenance(header) == config


def test_a_header_of_a_later_version_is_refused_by_what_is_new_in_it() -> None:
    with pytest.raises(OptionError, match="does not know the settings momentum, warmth; use the"):
        EraseConfig.from_provenance({"eta": 1.0, "momentum": 0.9, "warmth": 1})


def test_every_setting_is_explained_where_python_explains_it() -> None:
    page = pydoc.plain(pydoc.render_doc(EraseConfig))
    for setting in settings_of(EraseConfig).values():
        assert setting.help
        assert f"{setting.name} = {setting.default!r}" in page
        assert " ".join(setting.text.split()) in " ".join(page.replace(" |  ", " ").split())


def test_whole_numbers_serve_as_numbers_and_read_the_same() -> None:
    assert repr(EraseConfig(eta=3)) == repr(EraseConfig(eta=3.0))


def test_the_learning_rate_falls_at_the_end_alone() -> None:
    config = EraseConfig(steps=10, lr=1.0, decay=0.4)
    assert [config.rate(step) for step in range(10)] == [1.0] * 7 + [0.75, 0.5, 0.25]
    assert {EraseConfig(steps=10, lr=1.0).rate(step) for step in range(10)} == {1.0}
