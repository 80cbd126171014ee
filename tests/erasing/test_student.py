"""Students: low-rank factors, several concepts and preserved prompts, on a small real model."""

from pathlib import Path
from typing import Any

import pytest
import torch

from unsee.concepts import Concept
from unsee.erasing.config import PARAMETERS, EraseConfig
from unsee.erasing.erase import EraseStep, erase
from unsee.erasing.latents import original
from unsee.erasing.lessons import Lessons, lessons_of
from unsee.erasing.objective import erase_target
from unsee.erasing.selection import Selection, linear, select
from unsee.erasing.student import Lora, student
from unsee.erasing.training import Training
from unsee.errors import OptionError, Stopped
from unsee.loading import Model, load
from unsee.weights.erased import LORA_A, LORA_B, ErasedWeights


def _config(**settings: Any) -> EraseConfig:
    small = {"steps": 3, "sampler_steps": 4, "lr": 1e-3, "lora_rank": 2, "source": "original"}
    return EraseConfig(**{**small, **settings})


def _modules(model: Model) -> dict[str, int]:
    return {path: id(module) for path, module in model.network.named_modules()}


def _parameters(model: Model) -> dict[str, tuple[int, torch.Tensor]]:
    return {name: (id(p), p.detach().clone()) for name, p in model.network.named_parameters()}


@pytest.fixture
def probe() -> tuple[torch.Tensor, torch.Tensor]:
    x_t = torch.randn((2, 4, 8, 8), generator=torch.Generator().manual_seed(7))
    return x_t, torch.tensor([950, 850])


def _predict(model: Model, probe: Any, prompt: str = "cat") -> torch.Tensor:
    with torch.no_grad():
        return model.predict(*probe, model.encode([prompt]).expand(2))


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_factors_leave_the_model_as_it_was(tiny: Model, parameters: str) -> None:
    modules, before = _modules(tiny), _parameters(tiny)
    erased = erase(tiny, "cat", _config(parameters=parameters))
    assert _modules(tiny) == modules
    after = _parameters(tiny)
    assert after.keys() == before.keys()
    for name, (number, value) in before.items():
        assert after[name][0] == number
        assert torch.equal(after[name][1], value)
    assert not hasattr(tiny.network, "peft_config")
    names = linear(tiny.network, select(tiny, parameters))
    assert set(erased.tensors) == {name + kind for name in names for kind in (LORA_A, LORA_B)}


def test_the_student_starts_as_the_teacher_and_is_it_outside_of_the_block(
    tiny: Model, probe: Any
) -> None:
    before = _predict(tiny, probe)
    learner = student(tiny, _config())
    assert isinstance(learner, Lora)
    with learner.active():
        torch.testing.assert_close(_predict(tiny, probe), before)
    with torch.no_grad():
        for name, factor in learner.parameters.items():
            if name.endswith(LORA_B):
                factor.fill_(0.1)
    assert torch.equal(_predict(tiny, probe), before)
    with learner.active():
        assert not torch.allclose(_predict(tiny, probe), before, atol=1e-3)
    learner.close()
    assert torch.equal(_predict(tiny, probe), before)


def test_an_applied_file_predicts_what_its_factors_did(
    tiny: Model, probe: Any, tmp_path: Path
) -> None:
    with Training(
        tiny, lessons_of([Concept("cat")], _config(lr=0.02)), _config(lr=0.02)
    ) as training:
        for _ in range(3):
            training.advance()
        with training.student():
            trained = _predict(tiny, probe)
        learned = training.result()
    erased = erase(tiny, "cat", _config(lr=0.02))
    for name, tensor in erased.tensors.items():
        assert torch.equal(tensor, learned[name])
    original = _predict(tiny, probe)
    again = ErasedWeights.load(erased.save(tmp_path / "cat.safetensors"))
    assert again.is_lora
    assert again.provenance == erased.provenance
    with again.applied(tiny):
        torch.testing.assert_close(_predict(tiny, probe), trained, atol=1e-5, rtol=1e-4)
        assert not torch.allclose(trained, original, atol=1e-3)
    assert torch.equal(_predict(tiny, probe), original)


def test_dense_values_are_the_base_plus_the_product(tiny: Model) -> None:
    erased = erase(tiny, "cat", _config(lr=0.02))
    for name, value in erased.dense(tiny.network).items():
        change = value - tiny.network.get_parameter(name)
        assert torch.linalg.matrix_rank(change, rtol=1e-3) <= 2
        product = erased.tensors[name + LORA_B] @ erased.tensors[name + LORA_A]
        torch.testing.assert_close(change, product, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("source", ["edited", "original"])
def test_factors_of_the_same_seed_are_the_same(tiny: Model, tiny_folder: Path, source: str) -> None:
    first = erase(tiny, "cat", _config(source=source)).sha256
    torch.manual_seed(5)
    assert erase(load(tiny_folder, device="cpu"), "cat", _config(source=source)).sha256 == first
    assert erase(tiny, "cat", _config(source=source, seed=1)).sha256 != first


def test_factors_stay_in_fp32_beside_a_model_in_half_precision(
    tiny_folder: Path, one_thread: None
) -> None:
    model = load(tiny_folder, device="cpu", dtype=torch.bfloat16)
    erased = erase(model, "cat", _config())
    assert {tensor.dtype for tensor in erased.tensors.values()} == {torch.float32}
    with erased.applied(model):
        pass


def test_weights_rounded_at_random_learn_what_fp32_ones_do(
    tiny_folder: Path, one_thread: None
) -> None:
    model = load(tiny_folder, device="cpu", dtype=torch.bfloat16)
    before = _parameters(model)
    settings = {"method": "esd-u", "steps": 30, "lr": 1e-3, "lora_rank": 0}
    fp32, bf16 = (
        erase(model, "cat", _config(**settings, precision=precision))
        for precision in ("fp32", "bf16")
    )
    assert {tensor.dtype for tensor in bf16.tensors.values()} == {torch.bfloat16}
    assert fp32.tensors.keys() == bf16.tensors.keys()
    after = _parameters(model)
    for name, (identity, value) in before.items():
        assert after[name][0] == identity
        assert after[name][1].equal(value)
    # Into the same direction.
    together, first, second = 0.0, 0.0, 0.0
    for name in fp32.tensors:
        own = before[name][1].float()
        one, two = fp32.tensors[name].float() - own, bf16.tensors[name].float() - own
        together += float((one * two).sum())
        first, second = first + float(one.square().sum()), second + float(two.square().sum())
    assert together / (first * second) ** 0.5 > 0.8


def test_bf16_weights_stop_and_go_on_with_the_same_bytes(
    tiny_folder: Path, tmp_path: Path, one_thread: None
) -> None:
    model = load(tiny_folder, device="cpu", dtype=torch.bfloat16)
    config = _config(method="esd-u", lora_rank=0, precision="bf16", steps=5)

    def stop(done: EraseStep) -> None:
        if done.step == 3:
            raise KeyboardInterrupt

    expected = erase(model, "cat", config).sha256
    with pytest.raises(Stopped):
        erase(model, "cat", config, checkpoint=tmp_path / "state", progress=stop)
    assert erase(model, "cat", config, checkpoint=tmp_path / "state").sha256 == expected


def test_bf16_weights_are_for_models_in_bf16(tiny: Model) -> None:
    with pytest.raises(OptionError, match="dtype bfloat16"):
        erase(tiny, "cat", _config(lora_rank=0, precision="bf16"))
    with pytest.raises(OptionError, match="lora_rank"):
        _config(precision="bf16")


def test_several_concepts_are_all_erased_by_one_file(tiny_v: Model) -> None:
    concepts = [Concept("cat"), Concept("a dog")]
    config = _config(lora_rank=0, steps=60, batch=4, lr=2e-3, rollouts=4)
    lessons = Lessons.encode(tiny_v, lessons_of(concepts, config))
    # Latents that the training did not see.
    generator = torch.Generator().manual_seed(99)
    unseen = original(tiny_v, lessons, torch.tensor([0, 1]), config, generator)
    target = erase_target(unseen.eps_c, unseen.eps_null, unseen.eps_null, config.eta)
    erased = erase(tiny_v, concepts, config)
    assert erased.provenance.title == "'cat', 'a dog'"
    with erased.applied(tiny_v), torch.no_grad():
        after = tiny_v.predict(unseen.x_t, unseen.t, lessons.prompts(unseen.lesson))
    for lesson in range(2):
        rows = unseen.lesson == lesson
        before = (unseen.eps_c - target)[rows].square().mean()
        assert (after - target)[rows].square().mean() < before / 2


def test_a_preserved_prompt_moves_less(tiny: Model, probe: Any) -> None:
    kept = _predict(tiny, probe, "a dog")

    def moved(**settings: Any) -> float:
        config = _config(lora_rank=0, steps=25, batch=4, lr=2e-3, rollouts=4, **settings)
        with erase(tiny, "cat", config).applied(tiny):
            return float((_predict(tiny, probe, "a dog") - kept).square().mean())

    assert moved(preserve=("a dog",)) < moved() / 2


def test_a_rank_without_a_linear_layer_to_stand_beside_is_refused(tiny: Model) -> None:
    names = ("conv_in.weight", "conv_in.bias")
    with pytest.raises(OptionError, match="lora_rank"):
        linear(tiny.network, Selection("full", names, ()))
