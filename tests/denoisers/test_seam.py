"""Every family keeps the promises of the seam; and an erasure on a transformer in closed form."""

import pytest
import torch
from seam import Seam
from toy import Toy, ToyTransformer

from unsee.denoisers.base import Denoiser
from unsee.denoisers.condition import Embeddings
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import erase
from unsee.erasing.lessons import NULL, Lesson
from unsee.erasing.training import Training
from unsee.loading import Model


class TestStableDiffusion1(Seam):
    @pytest.fixture
    def model(self, tiny: Model) -> Denoiser:
        return tiny


class TestStableDiffusion2(Seam):
    @pytest.fixture
    def model(self, tiny_v: Model) -> Denoiser:
        return tiny_v


class TestStableDiffusionXL(Seam):
    @pytest.fixture
    def model(self, tiny_xl: Model) -> Denoiser:
        return tiny_xl


class TestToy(Seam):
    samplers = ("model",)

    @pytest.fixture
    def model(self) -> Denoiser:
        return Toy()


CONFIG = EraseConfig(
    method="esd-x-strict", eta=1.5, steps=600, lr=3e-2, decay=0.5, batch=2, source="original",
    sampler="model", sampler_steps=4, rollouts=4, preserve=("sea", "boat"),
)  # fmt: skip


def _values(network: torch.nn.Module, hidden: torch.Tensor) -> torch.Tensor:
    """What the velocity of uniform attention holds of the text: the sum of its values."""
    assert isinstance(network, ToyTransformer)
    values: torch.Tensor = network.to_out(network.add_v_proj(hidden)).sum(1)
    return values


@torch.no_grad()
def test_erasing_on_a_flow_transformer_comes_to_the_closed_form() -> None:
    """The velocity is linear in the sum s of the text, v = … + W s: Eq. 6 asks for
    W' s(c) = W [(1 + η) s(∅) − η s(c)], and what is preserved for W' s(p) = W s(p)."""
    model = Toy()
    hidden = {word: model.encode([word]).hidden for word in ("", "cat", "sea", "boat")}
    own = {word: _values(model.network, value) for word, value in hidden.items()}
    erased = erase(model, "cat", CONFIG)
    with erased.applied(model):
        new = {word: _values(model.network, value) for word, value in hidden.items()}
    target = (1 + CONFIG.eta) * own[""] - CONFIG.eta * own["cat"]
    torch.testing.assert_close(new["cat"], target, atol=0.02, rtol=0.02)
    assert float((own["cat"] - target).abs().max()) > 0.5
    for word in ("sea", "boat"):
        torch.testing.assert_close(new[word], own[word], atol=0.02, rtol=0.02)


def test_several_concepts_of_one_lesson_count_as_their_mean_and_may_be_vectors() -> None:
    """W' s(p) = W [s(start) − η (mean s(c) − s(∅))], with a phrase that nobody can type."""
    model = Toy()
    dog = model.embed(model.tokenize(["dog"]))
    shifted = Embeddings(dog.tokens, tuple(vector + 0.3 for vector in dog.vectors))
    lesson = Lesson("cat", ("cat", shifted), NULL, "sea", eta=0.7, concept=0)
    config = EraseConfig(
        method="esd-x-strict", steps=400, lr=3e-2, decay=0.5, source="original", sampler="model",
        sampler_steps=3, rollouts=2,
    )  # fmt: skip
    with Training(model, [lesson], config) as training, torch.no_grad():
        own = {
            name: _values(model.network, model.encode([phrase]).hidden)
            for name, phrase in {"∅": "", "cat": "cat", "dog": shifted, "sea": "sea"}.items()
        }
        while training.step < config.steps:
            training.advance()
        with training.student():
            new = _values(model.network, model.encode(["cat"]).hidden)
    target = own["sea"] - 0.7 * ((own["cat"] + own["dog"]) / 2 - own["∅"])
    torch.testing.assert_close(new, target, atol=0.02, rtol=0.02)
