"""Rollouts: latents at exactly the level that their timestep says, and predictions of the teacher.

The oracle is a model with a closed form. It knows the one picture x_0 that there is, and predicts
the noise that separates x_t from it; whatever the sampler, a trajectory then keeps its noise:
x_t = α_t x_0 + σ_t ε with one ε from start to end. A latent handed on with a wrong t shows.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    PNDMScheduler,
)
from torch import Tensor, nn

from unsee.concepts import Concept
from unsee.denoisers.base import Defaults
from unsee.denoisers.condition import Condition
from unsee.denoisers.exchange import swapped
from unsee.denoisers.schedule import Discrete, Schedule
from unsee.erasing.config import EraseConfig
from unsee.erasing.latents import Sample, edited, original
from unsee.erasing.lessons import Lessons, lessons_of
from unsee.erasing.selection import select
from unsee.loading import Model

X_0 = torch.linspace(-1, 1, 4 * 4 * 4, dtype=torch.float64).reshape(4, 4, 4)
FROM_DIFFUSERS = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)
SCHEDULERS = [
    DDIMScheduler(clip_sample=False, steps_offset=1),
    DDIMScheduler(clip_sample=False, timestep_spacing="trailing"),
    PNDMScheduler(skip_prk_steps=True, steps_offset=1),
    EulerDiscreteScheduler(timestep_spacing="leading", steps_offset=1),
    DPMSolverMultistepScheduler(),
]


class Oracle:
    """A denoiser that knows the noise."""

    name = fingerprint = "oracle"
    prediction_type = "epsilon"
    device = torch.device("cpu")
    dtype = torch.float64
    defaults = Defaults()

    def __init__(self, scheduler: Any) -> None:
        self.network = nn.Identity()
        self.rows = 0
        """Rows predicted so far."""
        self._scheduler = scheduler

    def level(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """α and σ at timesteps (rows,)."""
        alphas = torch.cumprod(1 - self._scheduler.betas.double(), 0)
        product = alphas[t.long()].reshape(-1, 1, 1, 1)
        return product.sqrt(), (1 - product).sqrt()

    def noise_of(self, x_t: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = self.level(t.reshape(-1))
        return (x_t - alpha * X_0) / sigma

    def check_phrase(self, phrase: str) -> None:
        pass

    def encode(self, prompts: Sequence[str]) -> Condition:
        return Condition(torch.zeros(len(prompts), 1, 1))

    def predict(self, x_t: Tensor, t: Tensor, condition: Condition) -> Tensor:
        assert len(condition) == len(x_t)
        self.rows += len(x_t)
        return self.noise_of(x_t, t).float()

    def schedule(self, steps: int, sampler: str = "model", **size: Any) -> Schedule:
        scheduler = type(self._scheduler).from_config(self._scheduler.config)
        scheduler.set_timesteps(steps)
        return Discrete(scheduler)

    def latent_shape(
        self, height: int | None = None, width: int | None = None
    ) -> tuple[int, int, int]:
        return (4, 4, 4)

    def encode_images(self, images: Tensor) -> Tensor:
        raise NotImplementedError

    def decode(self, latents: Tensor) -> Tensor:
        raise NotImplementedError


@pytest.fixture(params=SCHEDULERS, ids=lambda scheduler: type(scheduler).__name__)
def oracle(request: pytest.FixtureRequest) -> Oracle:
    return Oracle(request.param)


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _starting_noise(oracle: Oracle, rows: int) -> Tensor:
    """The ε that the trajectories of generator 0 must keep."""
    schedule = oracle.schedule(20)
    x = schedule.start(torch.randn((rows, 4, 4, 4), generator=_generator()))
    return oracle.noise_of(schedule.network_input(x, 0), schedule.timesteps[0])


def _config(**settings: Any) -> EraseConfig:
    return EraseConfig(**{"sampler_steps": 20, **settings})


@FROM_DIFFUSERS
def test_edited_latents_are_at_the_level_of_their_timestep(oracle: Oracle) -> None:
    lesson = torch.zeros(64, dtype=torch.long)
    lessons = Lessons.encode(oracle, lessons_of([Concept("cat")], _config()))
    sample = edited(
        oracle, contextlib.nullcontext, lessons, lesson, _config(source="edited"), _generator()
    )
    kept = oracle.noise_of(sample.x_t, sample.t)
    torch.testing.assert_close(kept, _starting_noise(oracle, 64), atol=2e-4, rtol=2e-4)


@FROM_DIFFUSERS
def test_original_latents_are_at_the_level_of_their_timestep(oracle: Oracle) -> None:
    lesson = torch.zeros(2, dtype=torch.long)
    lessons = Lessons.encode(oracle, lessons_of([Concept("cat")], _config()))
    sample = original(oracle, lessons, lesson, _config(source="original"), _generator())
    steps = len(oracle.schedule(20).timesteps)
    assert len(sample) == 2 * steps
    kept = oracle.noise_of(sample.x_t, sample.t)
    expected = _starting_noise(oracle, 2).repeat(steps, 1, 1, 1)
    torch.testing.assert_close(kept, expected, atol=2e-4, rtol=2e-4)


def test_edited_timesteps_are_all_of_the_sampler_alike() -> None:
    oracle = Oracle(SCHEDULERS[0])
    lesson = torch.zeros(4000, dtype=torch.long)
    lessons = Lessons.encode(oracle, lessons_of([Concept("cat")], _config()))
    config = _config(source="edited", sampler_steps=10)
    t = edited(oracle, contextlib.nullcontext, lessons, lesson, config, _generator()).t
    values, counts = t.unique(return_counts=True)
    assert values.tolist() == [1, 101, 201, 301, 401, 501, 601, 701, 801, 901]
    # Binomial with p = 0.1: five standard deviations are 95.
    assert (counts - 400).abs().max() < 95


def test_original_pays_for_each_prediction_once() -> None:
    oracle = Oracle(SCHEDULERS[0])
    lesson = torch.zeros(3, dtype=torch.long)
    lessons = Lessons.encode(oracle, lessons_of([Concept("cat")], _config()))
    original(oracle, lessons, lesson, _config(source="original"), _generator())
    assert oracle.rows == 20 * 3 * 2


def test_edited_denoises_no_further_than_the_timestep() -> None:
    oracle = Oracle(SCHEDULERS[0])
    lesson = torch.zeros(1, dtype=torch.long)
    lessons = Lessons.encode(oracle, lessons_of([Concept("cat")], _config()))
    for seed in range(10):
        oracle.rows = 0
        sample = edited(
            oracle, contextlib.nullcontext, lessons, lesson, _config(), _generator(seed)
        )
        steps = oracle.schedule(20).timesteps.tolist().index(sample.t.item())
        # c and ∅ at each step before the timestep, and c and ∅ of the teacher there.
        assert oracle.rows == 2 * steps + 2


def test_guidance_1_asks_for_no_null_prediction_on_the_way() -> None:
    oracle = Oracle(SCHEDULERS[0])
    lesson = torch.zeros(1, dtype=torch.long)
    lessons = Lessons.encode(oracle, lessons_of([Concept("cat")], _config()))
    config = _config(sampling_guidance=1.0)
    sample = edited(oracle, contextlib.nullcontext, lessons, lesson, config, _generator())
    steps = oracle.schedule(20).timesteps.tolist().index(sample.t.item())
    assert oracle.rows == steps + 2


@contextlib.contextmanager
def _student(model: Model) -> Iterator[Any]:
    """A student that differs from the model in its cross-attention."""
    parameters = {
        name: nn.Parameter(model.network.get_parameter(name) * 3)
        for name in select(model, "x").names
    }
    yield lambda: swapped(model.network, parameters)


PRESERVED = ("a dog", "the sea")
CONCEPTS = [Concept("cat", synonyms=("dog",)), Concept("cat", "a dog", ("kitten",))]


@pytest.mark.parametrize("concept", CONCEPTS, ids=["plain", "erase_from"])
@pytest.mark.parametrize("source", ["edited", "original"])
@torch.no_grad()
def test_predictions_are_those_of_the_original_model_row_by_row(
    tiny: Model, source: str, concept: Concept
) -> None:
    lessons = Lessons.encode(tiny, lessons_of([concept], _config(preserve=PRESERVED)))
    lesson = torch.tensor([0, 1, 2, 3, 0])
    config = _config(source=source, sampler_steps=4)
    if source == "edited":
        with _student(tiny) as swap:
            sample = edited(tiny, swap, lessons, lesson, config, _generator())
    else:
        sample = original(tiny, lessons, lesson, config, _generator())
    null = tiny.encode([""])
    for row in range(len(sample)):
        one = sample[row : row + 1]
        number = int(one.lesson)
        if number < 2:
            words = tiny.encode([concept.phrases[number]])
            torch.testing.assert_close(one.eps_c, tiny.predict(one.x_t, one.t, words))
            torch.testing.assert_close(one.eps_null, tiny.predict(one.x_t, one.t, null))
            start = concept.erase_from or ""
        else:
            start = PRESERVED[number - 2]
        starts = tiny.encode([start])
        torch.testing.assert_close(one.eps_start, tiny.predict(one.x_t, one.t, starts))


@pytest.mark.parametrize("source", ["edited", "original"])
@torch.no_grad()
def test_a_context_is_what_is_left_of_a_prompt_without_the_concept(
    tiny: Model, source: str
) -> None:
    config = _config(source=source, sampler_steps=3, contexts=("a dog {}",), preserve=("sea",))
    lessons = Lessons.encode(tiny, lessons_of([Concept("cat")], config))
    lesson = torch.tensor([1, 0, 2, 1])
    if source == "edited":
        sample = edited(tiny, contextlib.nullcontext, lessons, lesson, config, _generator())
    else:
        sample = original(tiny, lessons, lesson, config, _generator())
    words_of, without = ("cat", "a dog cat", "sea"), ("", "a dog", "sea")
    for row in range(len(sample)):
        one = sample[row : row + 1]
        for prompts, eps in ((words_of, one.eps_c), (without, one.eps_start)):
            if prompts[int(one.lesson)] == "sea" and eps is one.eps_c:
                continue  # η = 0: it does not count
            words = tiny.encode([prompts[int(one.lesson)]])
            torch.testing.assert_close(eps, tiny.predict(one.x_t, one.t, words))
    assert lessons.number.tolist() == [0, 0, -1]


def test_preserved_prompts_get_every_other_trajectory(tiny: Model) -> None:
    config = _config(preserve=PRESERVED)
    concepts = [Concept("cat", synonyms=("kitten",)), Concept("car")]
    lessons = Lessons.encode(tiny, lessons_of(concepts, config))
    rows = lessons.of_trajectories(torch.arange(12)).tolist()
    assert rows == [0, 3, 1, 4, 2, 3, 0, 4, 1, 3, 2, 4]
    assert lessons.eta.tolist() == [1, 1, 1, 0, 0]
    alone = Lessons.encode(tiny, lessons_of(concepts, _config()))
    assert alone.of_trajectories(torch.arange(4)).tolist() == [0, 1, 2, 0]


def test_edited_samples_from_the_student_and_original_does_not(tiny: Model) -> None:
    lessons = Lessons.encode(tiny, lessons_of([Concept("cat")], _config()))
    lesson = torch.zeros(8, dtype=torch.long)
    config = _config(sampler_steps=4)
    untouched = edited(tiny, contextlib.nullcontext, lessons, lesson, config, _generator())
    with _student(tiny) as swap:
        sample = edited(tiny, swap, lessons, lesson, config, _generator())
    assert torch.equal(sample.t, untouched.t)
    first = sample.t == sample.t.max()
    assert 0 < first.sum() < 8
    # At the first timestep there is nothing but noise; after it, the student has a say.
    assert torch.equal(sample.x_t[first], untouched.x_t[first])
    assert not torch.isclose(sample.x_t[~first], untouched.x_t[~first]).all()


def test_samples_are_cut_and_joined_without_loss(tiny: Model) -> None:
    lessons = Lessons.encode(tiny, lessons_of([CONCEPTS[1]], _config()))
    sample = original(tiny, lessons, torch.tensor([0]), _config(sampler_steps=3), _generator())
    again = Sample.cat([sample[:1], sample[1:]])
    assert sample.tensors().keys() == again.tensors().keys()
    for name, column in sample.tensors().items():
        assert torch.equal(column, again.tensors()[name])
