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
CHUNK = 2**18
"""Values that are updated at once, in fp32: as many as a processor keeps near itself."""


class Optimizer(Protocol):
    """What a Training makes its steps with."""

    def descend(self, loss: Tensor, rate: float) -> bool:
        """Make one step: the gradients of `loss`, and parameters updated with this rate.

        Returns whether all gradients were finite; a parameter with another one is left as it was.
        """

    def state(self) -> dict[str, Tensor]:
        """Everything that the next step depends on, besides the parameters."""

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a `state`; a KeyError or RuntimeError if it is not one of these parameters."""

    def close(self) -> None:
        """Let go of the parameters."""


class Adam:
    """Kingma and Ba 2015, as torch has it."""

    def __init__(self, parameters: Mapping[str, nn.Parameter]) -> None:
        self._parameters = parameters
        self._adam = torch.optim.Adam(parameters.values(), betas=BETAS, eps=EPS)

    def descend(self, loss: Tensor, rate: float) -> bool:
        """Make one step, or none at all if a gradient is not finite."""
        self._adam.zero_grad()
        torch.autograd.backward(loss)
        gradients = [value.grad for value in self._parameters.values() if value.grad is not None]
        # One norm, so that a GPU is waited for once.
        if not bool(torch.nn.utils.get_total_norm(gradients).isfinite()):
            return False
        for group in self._adam.param_groups:
            group["lr"] = rate
        self._adam.step()
        return True

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

    def close(self) -> None:
        """Nothing holds the parameters but this object."""


class LeanAdam:
    """Adam that updates each parameter as soon as its gradient is there, and frees the gradient.

    Both moments are kept in one byte a value, with a scale for each block, on a scale of powers:
    the square root of the first moment, the fourth root of the second. They are rounded at
    random as the parameters are, or the slow second moment would stand still.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], seed: int) -> None:
        self._rate = 0.0
        self._step = 0
        self._finite = True
        self._moments = {name: _Moments(value) for name, value in parameters.items()}
        device = next(iter(parameters.values())).device
        self._chance = torch.Generator(device).manual_seed(seed)
        self._hooks = []
        for name, parameter in parameters.items():
            attach: Any = parameter.register_post_accumulate_grad_hook
            self._hooks.append(attach(functools.partial(self._update, moments=self._moments[name])))

    def descend(self, loss: Tensor, rate: float) -> bool:
        """Make one step."""
        self._rate = rate
        self._step += 1
        self._finite = True
        torch.autograd.backward(loss)
        return self._finite

    @torch.no_grad()
    def _update(self, parameter: nn.Parameter, moments: "_Moments") -> None:
        gradient, parameter.grad = parameter.grad, None
        assert gradient is not None
        if not bool(gradient.isfinite().all()):
            self._finite = False
            return
        flat, slope = parameter.detach().view(-1), gradient.reshape(-1)
        first, second = (1 - beta**self._step for beta in BETAS)
        for begin in range(0, len(flat), CHUNK):
            weights = flat[begin : begin + CHUNK]
            g = _in_blocks(slope[begin : begin + CHUNK].float())
            blocks = slice(begin // BLOCK, begin // BLOCK + len(g))
            # Of the 31 random bits for each value, 16 round the weight, 7 and 8 the moments.
            bits = torch.empty(g.shape, dtype=torch.int32, device=g.device)
            bits.random_(generator=self._chance)
            m = moments.first.read(blocks).lerp_(g, 1 - BETAS[0])
            v = moments.second.read(blocks).lerp_(g.square_(), 1 - BETAS[1])
            moments.first.write(blocks, m, (bits >> 16) & 0x7F, 0x80)
            moments.second.write(blocks, v, bits >> 23, 0x100)
            step = m.div_(v.div_(second).sqrt_().add_(EPS)).mul_(-self._rate / first)
            moved = step.view(-1)[: len(weights)].add_(weights)
            weights.copy_(rounded_at_random(moved, bits.view(-1)[: len(weights)]))

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

    def close(self) -> None:
        """Take the hooks off the parameters: each holds this object, and it the moments."""
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()


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
        self.doublings = power.bit_length() - 1
        self.signed = signed
        self.top = 127 if signed else 255
        blocks = -(-count // BLOCK)
        kind = torch.int8 if signed else torch.uint8
        self.codes = torch.zeros(blocks, BLOCK, dtype=kind, device=device)
        self.scales = torch.zeros(blocks, 1, device=device)

    def read(self, blocks: slice) -> Tensor:
        """Return blocks of numbers, (blocks, BLOCK) in fp32."""
        codes = self.codes[blocks].float().div_(self.top)
        size = codes.abs()
        for _ in range(self.doublings):
            size.square_()
        return (size.copysign_(codes) if self.signed else size).mul_(self.scales[blocks])

    def write(self, blocks: slice, values: Tensor, noise: Tensor, noises: int) -> None:
        """Keep blocks of numbers, rounded at random by integers `noise` below `noises`."""
        size = values.abs()
        scales = size.amax(1, keepdim=True)
        self.scales[blocks] = scales
        # A block of zeros stays one.
        size.div_(scales.clamp_(min=torch.finfo(torch.float32).tiny))
        for _ in range(self.doublings):
            size.sqrt_()
        codes = size.mul_(self.top).add_(noise.add(0.5).div_(noises)).floor_()
        # No second moment becomes zero: a step is divided by it.
        codes.clamp_(0 if self.signed else 1, self.top)
        codes = codes.copysign_(values) if self.signed else codes.mul_(values > 0)
        self.codes[blocks] = codes.to(self.codes.dtype)


def rounded_at_random(values: Tensor, noise: Tensor) -> Tensor:
    """Round fp32 to bfloat16, to either neighbour, so that the mean is the value itself.

    `noise` has an int32 for each value, of which the lower 16 bits are used.
    """
    # bfloat16 is the upper half of the bits of fp32: what is added below carries into them.
    bits = values.contiguous().view(torch.int32)
    return bits.add(noise & 0xFFFF).bitwise_and_(-0x10000).view(torch.float32).to(torch.bfloat16)


def _in_blocks(values: Tensor) -> Tensor:
    """Arrange numbers in rows of BLOCK, the last filled up with zeros."""
    return torch.nn.functional.pad(values, (0, -len(values) % BLOCK)).view(-1, BLOCK)


def optimizer(parameters: Mapping[str, nn.Parameter], seed: int) -> Optimizer:
    """Make the optimizer for parameters of this precision."""
    kinds: set[Any] = {value.dtype for value in parameters.values()}
    return LeanAdam(parameters, seed) if kinds == {torch.bfloat16} else Adam(parameters)
