"""Erasing: what is trained, what is left alone, and that it does what Eq. 6 says."""

import copy
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler

from unsee.concepts import Concept
from unsee.denoisers.base import Defaults
from unsee.erasing.config import PARAMETERS, EraseConfig
from unsee.erasing.erase import EraseStep, erase
from unsee.erasing.latents import original
from unsee.erasing.lessons import Lessons, lessons_of
from unsee.erasing.objective import erase_target
from unsee.erasing.selection import select
from unsee.erasing.training import Training
from unsee.errors import (
    ConceptError,
    ErasedFileError,
    NonFiniteLoss,
    OptionError,
    OutOfMemory,
    Stopped,
)
from unsee.loading import Model, load
from unsee.running.fingerprints import fingerprint

SOURCES = ["edited", "original"]


def _config(**settings: Any) -> EraseConfig:
    return EraseConfig(**{"steps": 3, "sampler_steps": 3, "lr": 1e-3, **settings})


def _state(model: Model) -> tuple[str, list[bool], list[int]]:
    """Everything about the network that an erasure must leave alone."""
    parameters = list(model.network.parameters())
    return (
        fingerprint(model.network.state_dict()),
        [parameter.requires_grad for parameter in parameters],
        [id(parameter) for parameter in parameters],
    )


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("parameters", PARAMETERS)
def test_exactly_the_selected_parameters_change_and_only_in_the_result(
    tiny: Model, parameters: str, source: str
) -> None:
    before = _state(tiny)
    erased = erase(tiny, "cat", _config(parameters=parameters, source=source))
    assert _state(tiny) == before
    assert all(parameter.grad is None for parameter in tiny.network.parameters())
    assert tuple(erased.tensors) == select(tiny, parameters).names
    for name, tensor in erased.tensors.items():
        assert not torch.equal(tensor, tiny.network.get_parameter(name)), name


def test_the_first_step_of_adam_moves_no_weight_by_more_than_the_learning_rate(
    tiny: Model,
) -> None:
    erased = erase(tiny, "cat", _config(steps=1, lr=1e-3))
    moves = [
        (tensor - tiny.network.get_parameter(name)).abs().max()
        for name, tensor in erased.tensors.items()
    ]
    assert 0.9e-3 < max(moves) < 1.001e-3


def test_the_paper_recipe_is_the_algorithm_written_plainly(tiny: Model) -> None:
    config = EraseConfig.from_recipe("paper", steps=3, sampler_steps=5)
    erased = erase(tiny, "cat", config)

    # Two networks, as the paper has them, and no code of unsee but the text encoder.
    teacher, student = tiny.network, copy.deepcopy(tiny.network)
    trained = {name: value for name, value in student.named_parameters() if ".attn2." in name}
    for value in trained.values():
        value.requires_grad_()
    optimizer = torch.optim.Adam(trained.values(), lr=1e-5)
    cat, null = tiny.encode(["cat"]).hidden, tiny.encode([""]).hidden
    both = torch.cat([cat, null])
    generator = torch.Generator().manual_seed(0)
    for _ in range(3):
        scheduler = DDIMScheduler(
            beta_schedule="scaled_linear",
            beta_start=0.00085,
            beta_end=0.012,
            clip_sample=False,
            set_alpha_to_one=False,
            steps_offset=1,
        )
        scheduler.set_timesteps(5)
        x = torch.randn((1, 4, 8, 8), generator=generator)
        stop = int(torch.randint(5, (1,), generator=generator))
        with torch.no_grad():
            for t in scheduler.timesteps[:stop]:
                eps_c, eps_null = student(torch.cat([x, x]), t, both).sample.chunk(2)
                x = scheduler.step(eps_null + 3.0 * (eps_c - eps_null), t, x).prev_sample
            t = scheduler.timesteps[stop]
            eps_c, eps_null = teacher(torch.cat([x, x]), t, both).sample.chunk(2)
        target = eps_null - 1.0 * (eps_c - eps_null)
        optimizer.zero_grad()
        ((student(x, t, cat).sample - target) ** 2).mean().backward()
        optimizer.step()
    assert erased.tensors.keys() == trained.keys()
    for name, tensor in erased.tensors.items():
        torch.testing.assert_close(tensor, trained[name].detach(), rtol=0, atol=1e-7)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_the_erased_model_predicts_the_target_of_eq_6(
    tiny_v: Model, eta: float, source: str
) -> None:
    # Latents that the training did not see.
    other = _config(source="original", sampler_steps=10)
    lessons = Lessons.encode(tiny_v, lessons_of([Concept("cat")], other))
    lesson = torch.zeros(4, dtype=torch.long)
    unseen = original(tiny_v, lessons, lesson, other, torch.Generator().manual_seed(99))
    target = erase_target(unseen.eps_c, unseen.eps_null, unseen.eps_null, eta)
    cat = tiny_v.encode(["cat"]).expand(len(unseen))

    config = _config(eta=eta, source=source, steps=40, batch=4, lr=2e-3, sampler_steps=4)
    with erase(tiny_v, "cat", config).applied(tiny_v), torch.no_grad():
        after = tiny_v.predict(unseen.x_t, unseen.t, cat)
    before = float((unseen.eps_c - target).square().mean())
    assert float((after - target).square().mean()) < before / 3


def test_loss_is_that_of_eq_6_before_the_step(tiny: Model) -> None:
    steps: list[EraseStep] = []
    erase(tiny, "cat", _config(eta=2.0, steps=1, batch=2), progress=steps.append)
    training = Training(
        tiny,
        lessons_of([Concept("cat")], _config(eta=2.0, steps=1, batch=2)),
        _config(eta=2.0, steps=1, batch=2),
    )
    sample = training.sample()
    # Before the first step the student is the teacher: ε(c) − ε(∅) + η [ε(c) − ε(∅)].
    expected = (3.0 * (sample.eps_c - sample.eps_null)).square().mean()
    torch.testing.assert_close(torch.tensor(steps[0].loss), expected)


def test_erasing_from_a_phrase_trains_what_that_phrase_draws(tiny: Model) -> None:
    concept = Concept("cat", erase_from="a dog", synonyms=("kitten",))
    for source in SOURCES:
        config = _config(eta=2.0, steps=1, source=source)
        steps: list[EraseStep] = []
        erase(tiny, concept, config, progress=steps.append)
        sample = Training(tiny, lessons_of([concept], config), config).sample()
        # The student starts at ε(from), so the distance is η [ε(c) − ε(∅)].
        expected = (2.0 * (sample.eps_c - sample.eps_null)).square().mean()
        torch.testing.assert_close(torch.tensor(steps[0].loss), expected)


@pytest.mark.parametrize("source", SOURCES)
def test_all_phrases_take_their_turns(tiny: Model, source: str) -> None:
    concept = Concept("cat", synonyms=("kitten", "tom"))
    rollouts = {"rollouts": 3} if source == "original" else {}
    config = _config(source=source, batch=2, steps=9, **rollouts)
    training = Training(tiny, lessons_of([concept], config), config)
    seen = torch.cat([training.sample().lesson for _ in range(9)])
    assert torch.bincount(seen).tolist() == [6, 6, 6]


def test_latents_of_the_original_are_each_used_as_often_as_asked(tiny: Model) -> None:
    config = _config(source="original", sampler_steps=4, rollouts=2, reuse=3, batch=5, steps=12)
    training = Training(tiny, lessons_of([Concept("cat")], config), config)
    drawn = []
    for _ in range(12):
        drawn.append(training.sample().x_t)
        training.step += 1
    # 60 latents, each three times: 20 different ones, which 5 trajectories of 4 steps give.
    _, counts = torch.cat(drawn).unique(dim=0, return_counts=True)
    assert counts.tolist() == [3] * 20


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_seed_gives_the_same_file_and_another_seed_another(
    tiny: Model, tiny_folder: Path, source: str
) -> None:
    first = erase(tiny, "cat", _config(source=source)).sha256
    torch.manual_seed(5)  # noise of our own comes from generators of our own
    again = load(tiny_folder, device="cpu")
    assert erase(again, "cat", _config(source=source)).sha256 == first
    assert erase(tiny, "cat", _config(source=source, seed=1)).sha256 != first


def test_phrases_are_encoded_once_and_not_at_every_step(
    tiny: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    forward = tiny.text_encoders[0].network.forward

    def counted(ids: torch.Tensor, **kwargs: Any) -> Any:
        calls.append(len(ids))
        return forward(ids, **kwargs)

    monkeypatch.setattr(tiny.text_encoders[0].network, "forward", counted)
    erase(tiny, Concept("cat", erase_from="a dog", synonyms=("kitten",)), _config(steps=5))
    assert calls == [4]  # ∅, the dog, the two names of the concept


def test_without_settings_the_models_own_recipe_is_used(
    tiny: Model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    recipe = tmp_path / "own.toml"
    recipe.write_text("steps = 2\nsampler_steps = 2\n")
    monkeypatch.setattr(tiny, "defaults", Defaults(recipe=str(recipe)))
    assert erase(tiny, "cat").provenance.config["steps"] == 2


def test_progress_is_told_each_step(tiny: Model) -> None:
    steps: list[EraseStep] = []
    erase(tiny, "cat", _config(), progress=steps.append)
    assert [(step.step, step.steps) for step in steps] == [(1, 3), (2, 3), (3, 3)]
    assert all(step.loss > 0 for step in steps)
    assert sorted(step.seconds for step in steps) == [step.seconds for step in steps]


@pytest.mark.parametrize("dtype", [torch.bfloat16])
def test_a_model_in_half_precision_is_trained_in_fp32(
    tiny_folder: Path, one_thread: None, dtype: torch.dtype
) -> None:
    model = load(tiny_folder, device="cpu", dtype=dtype)
    before = _state(model)
    for method in ("esd-x", "esd-u"):
        # Each step is smaller than half the spacing of bfloat16 at most of the weights, which
        # would not move at all; all of the steps together are not.
        erased = erase(model, "cat", _config(method=method, lr=4e-5, steps=40))
        assert {tensor.dtype for tensor in erased.tensors.values()} == {dtype}
        moved = [
            (tensor != model.network.get_parameter(name)).float().mean().item()
            for name, tensor in erased.tensors.items()
            if tensor.ndim > 1
        ]
        assert sum(moved) / len(moved) > 0.5
        with erased.applied(model):
            pass
    assert _state(model) == before


def test_float16_is_refused(tiny_folder: Path) -> None:
    with pytest.raises(OptionError, match="bfloat16"):
        erase(load(tiny_folder, device="cpu", dtype=torch.float16), "cat", _config())


@pytest.mark.parametrize(
    "phrase", ["", "  ", "\u200b", "\x00", "<|startoftext|>", "日本", "!?", "dog " * 15]
)
def test_a_phrase_that_the_model_cannot_read_is_refused(tiny: Model, phrase: str) -> None:
    concepts = [
        lambda: Concept(phrase),
        lambda: Concept("cat", erase_from=phrase),
        lambda: Concept("cat", synonyms=(phrase,)),
    ]
    for concept in concepts:
        with pytest.raises(ConceptError):
            erase(tiny, concept(), _config())


def test_an_erasure_starts_from_the_original(tiny: Model) -> None:
    erased = erase(tiny, "cat", _config())
    with erased.applied(tiny), pytest.raises(ErasedFileError, match="restore it first"):
        erase(tiny, "dog", _config())


def test_a_diverging_training_stops_with_what_to_lower(tiny: Model) -> None:
    tiny.network.conv_out.bias.data[0] = torch.inf
    before = _state(tiny)
    steps: list[EraseStep] = []
    with pytest.raises(NonFiniteLoss, match="the loss is no longer a finite number at step 1"):
        erase(tiny, "cat", _config(), progress=steps.append)
    assert not steps
    assert _state(tiny) == before


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_gradient_that_is_not_finite_reaches_no_weight(
    tiny: Model, tiny_folder: Path, precision: str
) -> None:
    model = load(tiny_folder, device="cpu", dtype=torch.bfloat16) if precision == "bf16" else tiny
    with Training(
        model,
        lessons_of([Concept("cat")], _config(precision=precision)),
        _config(precision=precision),
    ) as training:
        training.advance()
        parameters = training.learner.parameters
        chosen = next(iter(parameters.values()))
        before = {name: value.detach().clone() for name, value in parameters.items()}
        hook = chosen.register_hook(lambda gradient: gradient * torch.inf)
        with pytest.raises(NonFiniteLoss, match="a gradient is no longer a finite number at step"):
            training.advance()
        hook.remove()
        assert all(bool(value.isfinite().all()) for value in parameters.values())
        assert torch.equal(chosen, next(iter(before.values())))
        if precision == "fp32":
            assert all(torch.equal(value, before[name]) for name, value in parameters.items())


def test_weights_that_are_not_finite_are_not_handed_out(tiny: Model) -> None:
    training = Training(
        tiny, lessons_of([Concept("cat")], _config(lr=0.5, eta=7.0)), _config(lr=0.5, eta=7.0)
    )
    next(iter(training.learner.parameters.values())).data[0] = torch.nan
    with pytest.raises(NonFiniteLoss, match=r"lower lr \(it is 0.5\) or eta \(it is 7\)"):
        training.result()


class _Interrupted:
    """A forward pass that fails at its nth call."""

    def __init__(self, model: Model, error: type[BaseException], call: int) -> None:
        self._forward = model.network.forward
        self._error = error
        self._left = call

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            raise self._error
        return self._forward(*args, **kwargs)


@pytest.mark.parametrize(
    ("error", "told"), [(KeyboardInterrupt, KeyboardInterrupt), (MemoryError, OutOfMemory)]
)
@pytest.mark.parametrize("call", range(1, 9))
def test_the_model_comes_back_bit_for_bit_wherever_an_error_strikes(
    tiny: Model,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
    told: type[BaseException],
    call: int,
) -> None:
    before = _state(tiny)
    with monkeypatch.context() as patch:
        patch.setattr(tiny.network, "forward", _Interrupted(tiny, error, call))
        with pytest.raises(told):
            erase(tiny, "cat", _config(steps=9))
    assert _state(tiny) == before
    assert erase(tiny, "cat", _config()).tensors


def test_ctrl_c_stops_between_two_steps_and_says_that_nothing_is_kept(tiny: Model) -> None:
    handler = signal.getsignal(signal.SIGINT)
    before = _state(tiny)
    steps: list[int] = []

    def press(step: EraseStep) -> None:
        steps.append(step.step)
        if step.step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Stopped, match="after step 2 of 9; nothing is kept") as caught:
        erase(tiny, "cat", _config(steps=9), progress=press)
    assert caught.value.checkpoint is None
    assert steps == [1, 2]
    assert _state(tiny) == before
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_ctrl_c_stops_at_once(tiny: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _state(tiny)
    forward = tiny.network.forward

    def press_twice(*args: Any, **kwargs: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        return forward(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(tiny.network, "forward", press_twice)
        with pytest.raises(KeyboardInterrupt):
            erase(tiny, "cat", _config())
    assert _state(tiny) == before
