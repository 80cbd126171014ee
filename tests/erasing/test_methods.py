"""Methods: which one erases, what it is given, and what earlier versions left behind."""

import importlib.metadata
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from unsee.concepts import Concept
from unsee.erasing.config import PARAMETERS, EraseConfig
from unsee.erasing.erase import EraseStep, erase
from unsee.erasing.methods.base import METHOD_HELP, Method, MethodConfig, Run
from unsee.erasing.methods.registry import (
    METHODS,
    as_written_now,
    check_given,
    config_of,
    configured,
    fault_of,
    full_name,
    method_names,
    name_of,
    recorded,
)
from unsee.erasing.settings import setting
from unsee.errors import OptionError, UnknownName, UnseeError
from unsee.loading import Model, load
from unsee.running.registry import Registry
from unsee.weights.erased import ErasedWeights

FIXTURES = Path(__file__).parents[1] / "fixtures" / "made-by-e79cfb3"


@pytest.fixture(scope="module")
def emoji() -> Model:
    return load("emoji", device="cpu")


@dataclass(frozen=True, kw_only=True)
class ShrinkConfig(MethodConfig):
    method: str = setting("shrink", METHOD_HELP)
    by: float = setting(0.5, "What the last bias is multiplied by.", lowest=0, highest=1)


class Shrink:
    """Makes the last bias smaller: the tests' own method."""

    help = "a smaller last bias"
    config = ShrinkConfig
    takes = frozenset({"images"})

    def erase(
        self, model: Model, concepts: Sequence[Concept], config: ShrinkConfig, run: Run
    ) -> Mapping[str, Tensor]:
        assert [concept.phrase for concept in concepts] == ["cat"]
        name = "conv_out.bias"
        return {name: model.network.get_parameter(name).detach().cpu() * config.by}


@pytest.fixture
def shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    """The method `shrink` beside the others."""
    methods: Registry[Any] = Registry("method", "unsee.none", {"esd": METHODS.get("esd")})
    methods.add("shrink", Shrink())
    for module in ("methods.registry", "erase"):
        monkeypatch.setattr(f"unsee.erasing.{module}.METHODS", methods)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("esd-u", "unsee has one of that name"),
        ("full", "unsee has one of that name"),
        ("grow", "its settings are of method 'shrink'"),
        ("shrink", ""),
    ],
)
def test_a_package_brings_no_name_that_means_something_already(
    monkeypatch: pytest.MonkeyPatch, name: str, fault: str
) -> None:
    monkeypatch.setattr("unsee.erasing.config.BROUGHT", Shrink(), raising=False)
    point = importlib.metadata.EntryPoint(name, "unsee.erasing.config:BROUGHT", "unsee.methods")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **wanted: [point])
    methods: Registry[Method] = Registry(
        "method", "unsee.methods", {"esd": "no:matter"}, expects=Method, check=fault_of
    )
    with warnings.catch_warnings(record=True) as lines:
        warnings.simplefilter("always")
        assert (name in methods) is not bool(fault)
    assert [str(line.message).partition("left out: ")[2] for line in lines] == [fault] * bool(fault)


def test_esd_is_a_method() -> None:
    assert "esd" in METHODS
    assert isinstance(METHODS.get("esd"), Method)
    assert METHODS.get("esd").config is EraseConfig
    assert METHODS.describe("esd")


def test_every_name_of_a_method_leads_to_its_settings() -> None:
    for name in method_names():
        assert config_of(name)(method=name).method in METHODS
    assert {f"esd-{name}" for name in PARAMETERS} | {"selfattn", "full"} <= set(method_names())
    assert [full_name(name) for name in ("selfattn", "esd-u")] == ["esd-selfattn", "esd-u"]
    with pytest.raises(UnknownName, match="unknown method 'esd-y'; did you mean 'esd-"):
        config_of("esd-y")


@pytest.mark.usefixtures("shrink")
def test_the_type_of_the_settings_says_which_method_erases(tiny: Model) -> None:
    bias = tiny.network.get_parameter("conv_out.bias")
    erased = erase(tiny, "cat", ShrinkConfig(by=0.25))
    assert torch.equal(erased.tensors["conv_out.bias"], bias.detach() * 0.25)
    assert erased.provenance.config == {"method": "shrink", "by": 0.25}
    assert erased.provenance.method == "shrink"
    assert recorded(erased.provenance.config) == ShrinkConfig(by=0.25)


@pytest.mark.usefixtures("shrink")
def test_what_a_method_has_no_use_for_is_refused(tiny: Model, tmp_path: Path) -> None:
    picture = Image.new("RGB", (8, 8))
    assert erase(tiny, "cat", ShrinkConfig(), images=[picture]).provenance.images
    for name in ("checkpoint", "cache"):
        with pytest.raises(OptionError, match=f"method shrink has no use for {name}"):
            erase(tiny, "cat", ShrinkConfig(), **{name: tmp_path / "x"})
    assert not list(tmp_path.iterdir())


def test_settings_of_a_class_that_is_not_the_methods_are_refused(tiny: Model) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Other(MethodConfig):
        method: str = setting("esd", METHOD_HELP)

    with pytest.raises(OptionError, match="method esd has its settings in a EraseConfig, not in"):
        erase(tiny, "cat", Other())


@pytest.mark.usefixtures("shrink")
def test_the_config_is_of_the_method_that_the_user_or_the_recipe_names(tmp_path: Path) -> None:
    recipe = tmp_path / "own.toml"
    recipe.write_text('method = "shrink"\nby = 0.125\n')
    assert configured(None, "fast", {"eta": 2.0}) == EraseConfig.from_recipe("fast", eta=2.0)
    assert configured(recipe, "fast", {}) == ShrinkConfig(by=0.125)
    # The model's own recipe is for another method, and nobody chose it.
    assert configured(None, "fast", {"method": "shrink", "by": None}) == ShrinkConfig()
    with pytest.raises(OptionError, match="recipe fast is for method esd, not for shrink"):
        configured("fast", "fast", {"method": "shrink"})
    with pytest.raises(UnknownName, match="unknown setting 'eta'; choose from: method, by"):
        configured(None, "fast", {"method": "shrink", "eta": 1.0})
    with pytest.raises(OptionError, match="by must be between 0 and 1, not 2"):
        check_given(None, {"method": "shrink", "by": 2})


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [(None, {"preserve_weight": 2.0}), ("emoji", {"reuse": 3}), (None, {"reuse": 3})],
)
def test_what_some_recipe_allows_passes_before_the_model_is_loaded(
    recipe: str | None, settings: dict[str, Any]
) -> None:
    check_given(recipe, settings)


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [("fast", {"preserve_weight": 2.0}), ("paper", {"reuse": 3}), (None, {"method": "esdx"})],
)
def test_what_cannot_be_is_refused_before_the_model_is_loaded(
    recipe: str | None, settings: dict[str, Any]
) -> None:
    with pytest.raises(UnseeError):
        check_given(recipe, settings)


def test_settings_of_an_earlier_version_are_those_of_today() -> None:
    header = ErasedWeights.load(FIXTURES / "strict.safetensors").provenance
    assert header.config["method"] == "esd-x-strict"
    assert header.method == name_of(header.config) == "esd-x-strict"
    now = as_written_now(header.config)
    assert (now["method"], now["parameters"]) == ("esd", "x-strict")
    assert as_written_now(now) == now
    foreign = {"method": "of a package that is not here", "strength": 1}
    assert as_written_now(foreign) == foreign
    assert name_of(foreign) == foreign["method"]


def test_a_state_of_an_earlier_version_goes_on_to_the_same_weights(
    emoji: Model, tmp_path: Path
) -> None:
    made = ErasedWeights.load(FIXTURES / "lora.safetensors")
    config = EraseConfig.from_provenance(made.provenance.config)
    state = tmp_path / "state"
    shutil.copy(FIXTURES / "lora.unfinished", state)
    steps: list[EraseStep] = []
    erased = erase(emoji, made.provenance.concepts, config, checkpoint=state, progress=steps.append)
    assert 1 < steps[0].step <= steps[-1].step == config.steps
    for name, tensor in made.tensors.items():
        torch.testing.assert_close(erased.tensors[name], tensor, rtol=1e-5, atol=1e-7)


def test_the_state_of_other_settings_is_refused_by_what_differs(
    emoji: Model, tmp_path: Path
) -> None:
    made = ErasedWeights.load(FIXTURES / "lora.safetensors")
    config = replace(EraseConfig.from_provenance(made.provenance.config), parameters="x-strict")
    state = tmp_path / "state"
    shutil.copy(FIXTURES / "lora.unfinished", state)
    with pytest.raises(UnseeError, match="config parameters was 'x', not 'x-strict'"):
        erase(emoji, made.provenance.concepts, config, checkpoint=state)
