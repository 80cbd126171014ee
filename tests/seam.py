"""What every Denoiser promises: a suite that takes any.

    class TestMine(Seam):
        @pytest.fixture
        def model(self) -> Denoiser: ...

A family from another package is tested by the same few lines. Random weights will do.
"""

import pytest
import torch
from torch import Tensor

from unsee.denoisers.base import Denoiser
from unsee.denoisers.condition import Condition, Embeddings
from unsee.denoisers.exchange import swapped
from unsee.denoisers.places import PARAMETERS, Place
from unsee.denoisers.samplers import SAMPLERS
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import erase
from unsee.erasing.objective import erase_target
from unsee.errors import ConceptError, UnknownName
from unsee.running.fingerprints import fingerprint
from unsee.sampling.draw import generate

STEPS = 5


def _latents(model: Denoiser, rows: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn((rows, *model.latent_shape()), generator=generator).to(model.device)


class Seam:
    """The promises, a test each."""

    words = ("cat", "dog")
    """Two phrases that the model reads."""
    samplers = tuple(SAMPLERS)
    """Those that the model can be sampled by."""

    def test_it_is_frozen_and_in_evaluation_mode(self, model: Denoiser) -> None:
        assert not any(parameter.requires_grad for parameter in model.network.parameters())
        assert not any(module.training for module in model.network.modules())

    def test_every_parameter_has_a_place_and_some_read_the_text(self, model: Denoiser) -> None:
        places = model.places()
        assert list(places) == [name for name, _ in model.network.named_parameters()]
        assert Place.TEXT_INPUT in places.values()
        x, u = PARAMETERS["x"].places, PARAMETERS["u"].places
        assert not x & u
        assert x | u == PARAMETERS["full"].places == frozenset(Place)

    def test_encoding_is_its_three_steps(self, model: Denoiser) -> None:
        prompts = [*self.words, ""]
        tokens = model.tokenize(prompts)
        assert len(tokens) == 3
        assert tokens.empty.tolist() == [False, False, True]
        embeddings = model.embed(tokens)
        with torch.no_grad():
            condition = model.read(embeddings)
        _same(condition, model.encode(prompts))

    def test_vectors_take_the_place_of_words(self, model: Denoiser) -> None:
        first, second = self.words
        vectors = model.embed(model.tokenize([second]))
        mixed = model.encode([first, vectors, ""])
        _same(mixed, Condition.cat([model.encode([word]) for word in (first, second, "")]))

    def test_a_prompt_can_be_optimised_through_all_of_it(self, model: Denoiser) -> None:
        embeddings = model.embed(model.tokenize(self.words[:1]))
        vectors = tuple(vector.detach().requires_grad_() for vector in embeddings.vectors)
        condition = model.read(Embeddings(embeddings.tokens, vectors))
        t = model.schedule(STEPS).timesteps[2]
        model.predict(_latents(model, 1), t, condition).square().sum().backward()
        for vector in vectors:
            assert vector.grad is not None
            assert bool(vector.grad.isfinite().all())
            assert float(vector.grad.abs().max()) > 0

    def test_phrases_that_say_nothing_are_refused(self, model: Denoiser) -> None:
        model.check_phrase(self.words[0])
        with pytest.raises(ConceptError):
            model.check_phrase("")
        with pytest.raises(ConceptError):
            model.check_phrase(f"{self.words[0]} " * 500)

    @torch.no_grad()
    def test_predictions_are_of_each_row_alone_and_in_fp32(self, model: Denoiser) -> None:
        x_t, t = _latents(model, 3), model.schedule(STEPS).timesteps[:3]
        condition = model.encode([*self.words, ""])
        together = model.predict(x_t, t, condition)
        assert (together.dtype, together.shape) == (torch.float32, x_t.shape)
        for row in range(3):
            alone = model.predict(x_t[row : row + 1], t[row], condition[row : row + 1])
            torch.testing.assert_close(together[row : row + 1], alone, atol=1e-4, rtol=1e-4)

    def test_the_forward_process_is_that_of_alpha_and_sigma(self, model: Denoiser) -> None:
        x_0, eps = _latents(model, 2, 1), _latents(model, 2, 2)
        for sampler in self.samplers:
            schedule = model.schedule(STEPS, sampler)
            for i in reversed(range(len(schedule.timesteps))):
                x_t = schedule.network_input(schedule.noised(x_0, eps, i), i)
                expected = schedule.alpha(i) * x_0 + schedule.sigma(i) * eps
                torch.testing.assert_close(x_t, expected, atol=2e-3, rtol=2e-3)
            levels = [schedule.sigma(i) for i in range(len(schedule.timesteps))]
            assert levels == sorted(levels, reverse=True)

    def test_noise_at_the_start_is_noise_for_the_network(self, model: Denoiser) -> None:
        schedule, noise = model.schedule(STEPS), _latents(model, 400)
        x_t = schedule.network_input(schedule.start(noise), 0)
        assert abs(float(x_t.std()) - 1) < 0.1

    def test_a_perfect_prediction_leads_back_to_the_picture(self, model: Denoiser) -> None:
        x_0, eps = _latents(model, 2, 1), _latents(model, 2, 2)
        for sampler in self.samplers:
            schedule = model.schedule(50, sampler)
            x = schedule.noised(x_0, eps, 0)
            for i in range(len(schedule.timesteps)):
                x_t = schedule.network_input(x, i)
                answer = _prediction(model, schedule.alpha(i), schedule.sigma(i), x_t, x_0)
                x = schedule.step(answer, i, x, torch.Generator().manual_seed(0))
            # What is left of the noise at the last timestep of some schedulers.
            assert float((x - x_0).abs().mean()) < 0.1

    def test_a_sampler_that_does_not_exist_is_named(self, model: Denoiser) -> None:
        with pytest.raises(UnknownName, match="sampler"):
            model.schedule(STEPS, "dddim")

    @torch.no_grad()
    def test_eq_6_is_the_same_in_the_models_own_space(self, model: Denoiser) -> None:
        schedule, eta = model.schedule(STEPS), 2.5
        x_t = _latents(model, 1)
        i = 2
        alpha, sigma = schedule.alpha(i), schedule.sigma(i)
        y_c, y_null = (
            model.predict(x_t, schedule.timesteps[i], model.encode([word]))
            for word in (self.words[0], "")
        )
        own = erase_target(y_c, y_null, y_null, eta)
        eps_c, eps_null = (_to_eps(model, alpha, sigma, x_t, y) for y in (y_c, y_null))
        there = erase_target(eps_c, eps_null, eps_null, eta)
        torch.testing.assert_close(
            _from_eps(model, alpha, sigma, x_t, there), own, atol=1e-3, rtol=1e-3
        )

    def test_pictures_have_the_models_size(self, model: Denoiser) -> None:
        width, height = model.picture_size()
        latents = model.encode_images(torch.zeros(2, 3, height, width))
        assert tuple(latents.shape) == (2, *model.latent_shape())
        pictures = model.decode(latents)
        assert (pictures.dtype, tuple(pictures.shape)) == (torch.uint8, (2, height, width, 3))

    def test_prompts_and_what_is_encoded_of_them_draw_the_same(self, model: Denoiser) -> None:
        spoken = generate(model, list(self.words), [3, 4], steps=3)
        encoded = generate(model, model.encode(self.words), [3, 4], steps=3)
        assert len(spoken) == 4
        assert spoken == encoded
        assert spoken[:2] == generate(model, self.words[0], [3, 4], steps=3)

    def test_its_fingerprint_is_that_of_its_weights(self, model: Denoiser) -> None:
        assert model.fingerprint == fingerprint(model.network.state_dict())

    @torch.no_grad()
    def test_other_parameters_count_inside_the_block_only(self, model: Denoiser) -> None:
        names = [name for name, place in model.places().items() if place is Place.TEXT_INPUT]
        stand_ins = {
            name: torch.nn.Parameter(3 * model.network.get_parameter(name), requires_grad=False)
            for name in names
        }
        x_t, t = _latents(model, 1), model.schedule(STEPS).timesteps[1]
        condition = model.encode(self.words[:1])
        before = model.predict(x_t, t, condition)
        with swapped(model.network, stand_ins):
            assert not torch.equal(model.predict(x_t, t, condition), before)
        assert torch.equal(model.predict(x_t, t, condition), before)

    @pytest.mark.parametrize("source", ["edited", "original"])
    @torch.no_grad()
    def test_an_erasure_changes_what_it_says_and_leaves_the_model_as_it_was(
        self, model: Denoiser, source: str
    ) -> None:
        concept = self.words[0]
        before = fingerprint(model.network.state_dict())
        config = EraseConfig(
            method="esd-x-strict", steps=3, lr=1e-2, sampler_steps=3, sampler="model", source=source
        )
        erased = erase(model, concept, config)
        assert fingerprint(model.network.state_dict()) == before
        chosen = PARAMETERS["x-strict"].places
        assert set(erased.tensors) == {n for n, place in model.places().items() if place in chosen}
        x_t, t = _latents(model, 1), model.schedule(STEPS).timesteps[1]
        condition = model.encode([concept])
        unedited = model.predict(x_t, t, condition)
        with erased.applied(model):
            assert not torch.equal(model.predict(x_t, t, condition), unedited)
        assert torch.equal(model.predict(x_t, t, condition), unedited)


def _same(one: Condition, other: Condition) -> None:
    torch.testing.assert_close(one.hidden, other.hidden, atol=1e-5, rtol=1e-5)
    assert (one.pooled is None) == (other.pooled is None)
    if one.pooled is not None and other.pooled is not None:
        torch.testing.assert_close(one.pooled, other.pooled, atol=1e-5, rtol=1e-5)


def _prediction(model: Denoiser, alpha: float, sigma: float, x_t: Tensor, x_0: Tensor) -> Tensor:
    """What a model says that knows x_0, at x_t = α x_0 + σ ε."""
    eps = (x_t - alpha * x_0) / sigma
    if model.prediction_type == "epsilon":
        return eps
    return alpha * eps - sigma * x_0 if model.prediction_type == "v_prediction" else eps - x_0


def _from_eps(model: Denoiser, alpha: float, sigma: float, x_t: Tensor, eps: Tensor) -> Tensor:
    """ε in the model's own space: the table of erasing/objective.py."""
    if model.prediction_type == "epsilon":
        return eps
    if model.prediction_type == "v_prediction":
        return (eps - sigma * x_t) / alpha
    return (eps - x_t) / alpha


def _to_eps(model: Denoiser, alpha: float, sigma: float, x_t: Tensor, y: Tensor) -> Tensor:
    """And back."""
    if model.prediction_type == "epsilon":
        return y
    if model.prediction_type == "v_prediction":
        return alpha * y + sigma * x_t
    return alpha * y + x_t
