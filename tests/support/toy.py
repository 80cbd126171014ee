"""A toy of the other kind: a transformer on tokens, flow velocity, a Denoiser of the tests' own.

ToyTransformer   one block of joint attention, as Stable Diffusion 3 has it, in four lines
Toy              answers the seam with it

Its queries are zero, so attention is uniform and the velocity is linear in the text: what an
erasure of keys and values of the text has to come to is then known in closed form.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from torch import Tensor, nn

from unsee.concepts import check_tokens
from unsee.denoisers.base import Defaults
from unsee.denoisers.condition import Condition, Embeddings, Tokens
from unsee.denoisers.places import Place
from unsee.denoisers.samplers import SAMPLERS
from unsee.denoisers.schedule import Flow, Schedule
from unsee.errors import OptionError, unknown_name
from unsee.families import text
from unsee.running.fingerprints import fingerprint

WORDS = ("cat", "dog", "sea", "red", "boat")
START, END = len(WORDS), len(WORDS) + 1
LENGTH, WIDTH, TOKENS, CHANNELS = 5, 8, 6, 4


class ToyTransformer(nn.Module):
    """Velocity of image tokens (rows, tokens, channels), under text (rows, words, width)."""

    def __init__(self) -> None:
        super().__init__()
        self.to_q = nn.Linear(CHANNELS, WIDTH, bias=False)
        self.to_k = nn.Linear(CHANNELS, WIDTH, bias=False)
        self.to_v = nn.Linear(CHANNELS, WIDTH, bias=False)
        self.add_k_proj = nn.Linear(WIDTH, WIDTH, bias=False)
        self.add_v_proj = nn.Linear(WIDTH, WIDTH, bias=False)
        self.to_out = nn.Linear(WIDTH, CHANNELS, bias=False)
        self.skip = nn.Linear(CHANNELS, CHANNELS)
        self.time = nn.Linear(1, CHANNELS, bias=False)
        nn.init.zeros_(self.to_q.weight)

    def forward(self, x: Tensor, t: Tensor, hidden: Tensor) -> Tensor:
        keys = torch.cat([self.to_k(x), self.add_k_proj(hidden)], 1)
        values = torch.cat([self.to_v(x), self.add_v_proj(hidden)], 1)
        attended = nn.functional.scaled_dot_product_attention(self.to_q(x), keys, values)
        told = self.time(t.reshape(-1, 1, 1).float() / 1000)
        velocity: Tensor = self.skip(x) + self.to_out(attended) + told
        return velocity


PLACES = {
    "add_k_proj": Place.TEXT_INPUT,
    "add_v_proj": Place.TEXT_INPUT,
    "to_q": Place.TEXT_ATTENTION,
    "to_k": Place.TEXT_ATTENTION,
    "to_v": Place.TEXT_ATTENTION,
    "to_out": Place.TEXT_ATTENTION,
}


class Toy:
    """A Denoiser."""

    name = "toy"
    prediction_type = "flow_prediction"
    device = torch.device("cpu")
    dtype = torch.float32

    def __init__(self, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.defaults = Defaults(steps=4, guidance=3.0, recipe="fast")
        self.network: nn.Module = ToyTransformer().requires_grad_(False).eval()
        self._table = torch.randn(len(WORDS) + 2, WIDTH)
        self._scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint(self.network.state_dict())

    def places(self) -> Mapping[str, Place]:
        names = [name for name, _ in self.network.named_parameters()]
        return {name: PLACES.get(name.partition(".")[0], Place.REST) for name in names}

    def _ids(self, prompt: str) -> list[int]:
        return [START, *(WORDS.index(word) for word in prompt.split() if word in WORDS)]

    def check_phrase(self, phrase: str) -> None:
        read, empty = (
            ids + [END] * (LENGTH - len(ids)) for ids in (self._ids(phrase), self._ids(""))
        )
        check_tokens(phrase, read, empty, 2)

    def tokenize(self, prompts: Sequence[str]) -> Tokens:
        rows = [(self._ids(prompt) + [END] * LENGTH)[:LENGTH] for prompt in prompts]
        return Tokens(
            (torch.tensor(rows),), (None,), torch.tensor([not prompt for prompt in prompts])
        )

    def embed(self, tokens: Tokens) -> Embeddings:
        return Embeddings(tokens, (self._table[tokens.ids[0]],))

    def read(self, embeddings: Embeddings) -> Condition:
        return Condition(embeddings.vectors[0].cumsum(1) / LENGTH)

    def encode(self, prompts: Sequence[str | Embeddings]) -> Condition:
        return text.encode(self, prompts)

    def predict(self, x_t: Tensor, t: Tensor, condition: Condition) -> Tensor:
        velocity: Tensor = self.network(x_t, t, condition.hidden)
        return velocity

    def schedule(
        self,
        steps: int,
        sampler: str = "model",
        *,
        height: int | None = None,
        width: int | None = None,
    ) -> Schedule:
        if sampler not in SAMPLERS:
            raise unknown_name("sampler", sampler, SAMPLERS)
        if sampler != "model":
            raise OptionError(f"toy has a noise schedule that {sampler} does not know")
        scheduler = type(self._scheduler).from_config(self._scheduler.config)
        scheduler.set_timesteps(steps)
        return Flow(scheduler)

    def latent_shape(self, height: int | None = None, width: int | None = None) -> tuple[int, ...]:
        return TOKENS, CHANNELS

    def picture_size(self) -> tuple[int, int]:
        return 4, 2

    def encode_images(self, images: Tensor) -> Tensor:
        return images.permute(0, 2, 3, 1).reshape(len(images), TOKENS, CHANNELS)

    def decode(self, latents: Tensor) -> Tensor:
        pixels = ((latents + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        return pixels.reshape(len(latents), 2, 4, 3)
