"""Adam, in full precision and in a quarter of its memory.

Optimizer   the seam: a loss in, updated parameters out
Adam        torch's own, for fp32 parameters
LeanAdam    for bfloat16 parameters: two bytes of state each, and one gradient at a time
optimizer   the one that parameters and settings ask for

At the paper's learning rate a step of Adam is smaller than half the spacing of bfloat16 numbers
around most weights: rounded to the nearest, it would be lost. LeanAdam rounds at random, up as
often as the remainder says, so that a thousand such steps move a weight as far as they should.
"""

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn

BETAS = (0.9, 0.999)
EPS = 1e-8
BLOCK = 256
"""Values of a state that share a scale."""
CHUNK = 2**22
"""Values that are updated at once, in fp32: what bounds the memory for intermediate results."""


class Optimizer(Protocol):
    """What a Training makes its steps with."""

    def descend(self, loss: Tensor, rate: float) -> None:
        """Make one step: the gradients of `loss`, and parameters updated with this rate."""

    def state(self) -> dict[str, Tensor]:
        """Everything that the next step depends on, besides the parameters."""

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a `state`; a KeyError or RuntimeError if it is not one of these parameters."""


class Adam:
    """Kingma and Ba 2015, as torch has it."""

    def __init__(self, parameters: Mapping[str, nn.Parameter]) -> None:
        self._parameters = parameters
        self._adam = torch.optim.Adam(parameters.values(), betas=BETAS, eps=EPS)

    def descend(self, loss: Tensor, rate: float) -> None:
        """Make one step."""
        self._adam.zero_grad()
        torch.autograd.backward(loss)
        for group in self._adam.param_groups:
            group["lr"] = rate
        self._adam.step()

    def state(self) -> dict[str, Tensor]:
        """Steps made and both moments, for each parameter."""
        return {
            f"{name}/{key}": value
            for name, parameter in self._parameters.items()
            for key, value in self._adam.state[parameter].items()
        }

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a `state`."""
        numbered = {
            number: {key: state[f"{name}/{key}"] for key in ("step", "exp_avg", "exp_avg_sq")}
            for number, name in enumerate(self._parameters)
        }
        groups = self._adam.state_dict()["param_groups"]
        self._adam.load_state_dict({"state": numbered, "param_groups": groups})


class LeanAdam:
    """Adam that updates each parameter as soon as its gradient is there, and frees the gradient.

    Both moments are kept in one byte a value, with a scale for each block, on a scale of powers:
    the square root of the first moment, the fourth root of the second. They are rounded at
    random as the parameters are, or the slow second moment would stand still.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], seed: int) -> None:
        self._parameters = parameters
        self._rate = 0.0
        self._step = 0
        self._moments = {name: _Moments(value) for name, value in parameters.items()}
        device = next(iter(parameters.values())).device
        self._chance = torch.Generator(device).manual_seed(seed)
        for name, parameter in parameters.items():
            attach: Any = parameter.register_post_accumulate_grad_hook
            attach(functools.partial(self._update, moments=self._moments[name]))

    def descend(self, loss: Tensor, rate: float) -> None:
        """Make one step."""
        self._rate = rate
        self._step += 1
        torch.autograd.backward(loss)

    @torch.no_grad()
    def _update(self, parameter: nn.Parameter, moments: "_Moments") -> None:
        gradient, parameter.grad = parameter.grad, None
        assert gradient is not None
        flat, slope = parameter.detach().view(-1), gradient.reshape(-1)
        corrected = [1 - beta**self._step for beta in BETAS]
        for begin in range(0, len(flat), CHUNK):
            part = slice(begin, begin + CHUNK)
            g = slope[part].float()
            m = moments.first.read(part).lerp_(g, 1 - BETAS[0])
            v = moments.second.read(part).lerp_(g.square(), 1 - BETAS[1])
            moments.first.write(part, m, self._chance)
            moments.second.write(part, v, self._chance)
            size = v.div_(corrected[1]).sqrt_().add_(EPS)
            moved = flat[part].float().addcdiv_(m, size, value=-self._rate / corrected[0])
            flat[part] = rounded_at_random(moved, self._chance)

    def state(self) -> dict[str, Tensor]:
        """Codes and scales of both moments, the number of steps, the state of chance."""
        kept = {"step": torch.tensor(self._step), "chance": self._chance.get_state()}
        for name, moments in self._moments.items():
            kept |= {f"{name}/{key}": value for key, value in moments.tensors()}
        return kept

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a `state`."""
        for name, moments in self._moments.items():
            for key, value in moments.tensors():
                value.copy_(state[f"{name}/{key}"])
        self._step = int(state["step"])
        self._chance.set_state(state["chance"])


class _Moments:
    """Both moments of one parameter."""

    def __init__(self, parameter: Tensor) -> None:
        self.first = Bytes(parameter.numel(), 2, parameter.device, signed=True)
        self.second = Bytes(parameter.numel(), 4, parameter.device, signed=False)

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        for name, moment in (("first", self.first), ("second", self.second)):
            yield f"{name}/codes", moment.codes
            yield f"{name}/scales", moment.scales


class Bytes:
    """Numbers kept in a byte each: x = scale · (code / top)^power, with a scale per block."""

    def __init__(self, count: int, power: int, device: torch.device, *, signed: bool) -> None:
        self.power = power
        self.top = 127 if signed else 255
        kind = torch.int8 if signed else torch.uint8
        self.codes = torch.zeros(count, dtype=kind, device=device)
        self.scales = torch.zeros(-(-count // BLOCK), device=device)

    def read(self, part: slice) -> Tensor:
        """Numbers `part`, in fp32; it begins at a multiple of BLOCK."""
        codes = self.codes[part].float()
        size = (codes.abs() / self.top).pow_(self.power) * codes.sign()
        return size * self._spread(self._blocks(part), len(codes))

    def write(self, part: slice, values: Tensor, chance: torch.Generator) -> None:
        """Keep `values` as numbers `part`, rounded at random."""
        rest = -len(values) % BLOCK
        blocks = torch.nn.functional.pad(values, (0, rest)).view(-1, BLOCK).abs()
        scales = blocks.amax(1)
        self.scales[self._blocks(part)] = scales
        # A block of zeros stays one.
        size = blocks / scales.clamp(min=torch.finfo(torch.float32).tiny).unsqueeze(1)
        codes = size.view(-1)[: len(values)].pow_(1 / self.power).mul_(self.top)
        codes = (codes + _uniform(codes, chance)).floor_().clamp_(max=self.top)
        if self.codes.dtype == torch.uint8:
            # No second moment becomes zero: a step is divided by it.
            codes = codes.clamp_(min=1) * (values > 0)
        self.codes[part] = (codes * values.sign()).to(self.codes.dtype)

    def _blocks(self, part: slice) -> slice:
        return slice(part.start // BLOCK, -(-min(part.stop, len(self.codes)) // BLOCK))

    def _spread(self, blocks: slice, count: int) -> Tensor:
        return self.scales[blocks].repeat_interleave(BLOCK)[:count]


def rounded_at_random(values: Tensor, chance: torch.Generator) -> Tensor:
    """Round fp32 to bfloat16, to either neighbour, so that the mean is the value itself."""
    # bfloat16 is the upper half of the bits of fp32: what is added below carries into them.
    bits = values.view(torch.int32)
    noise = torch.randint(
        1 << 16, values.shape, generator=chance, dtype=torch.int32, device=values.device
    )
    return ((bits + noise) & -(1 << 16)).view(torch.float32).to(torch.bfloat16)


def optimizer(parameters: Mapping[str, nn.Parameter], seed: int) -> Optimizer:
    """Make the optimizer for parameters of this precision."""
    kinds: set[Any] = {value.dtype for value in parameters.values()}
    return LeanAdam(parameters, seed) if kinds == {torch.bfloat16} else Adam(parameters)


def _uniform(like: Tensor, chance: torch.Generator) -> Tensor:
    return torch.rand(like.shape, generator=chance, device=like.device)
