"""Adam in a quarter of the memory: its rounding, its bytes, and that it goes where Adam goes."""

import pytest
import torch
from torch import Tensor, nn

from unsee.erasing.adam import BLOCK, Adam, Bytes, LeanAdam, optimizer, rounded_at_random


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(count: int, below: int = 2**31) -> Tensor:
    return torch.randint(below, (count,), generator=chance(), dtype=torch.int64).int()


def parameter(values: Tensor, dtype: torch.dtype) -> nn.Parameter:
    return nn.Parameter(values.to(dtype, copy=True))


def test_rounding_at_random_is_right_on_average_and_leaves_what_needs_none() -> None:
    exact = torch.randn(1000, generator=chance()).bfloat16()
    assert rounded_at_random(exact.float(), noise(1000)).equal(exact)

    between = torch.full((100_000,), 1.0 + 0.25 * 2**-7)
    rounded = rounded_at_random(between, noise(100_000)).float()
    assert set(rounded.tolist()) == {1.0, 1.0 + 2**-7}
    assert (rounded == 1).float().mean().item() == pytest.approx(0.75, abs=0.01)
    assert rounded_at_random(-between, noise(100_000)).float().equal(-rounded)


@pytest.mark.parametrize(("power", "signed"), [(2, True), (4, False)])
def test_bytes_keep_numbers_of_very_different_sizes(power: int, signed: bool) -> None:
    blocks = 4
    scale = torch.logspace(-6, 0, blocks * BLOCK)
    sign = torch.randn(blocks * BLOCK, generator=chance()).sign() if signed else 1
    values = (scale * sign).view(blocks, BLOCK)
    kept = Bytes(blocks * BLOCK - 5, power, values.device, signed=signed)
    everything = slice(0, blocks)
    kept.write(everything, values, noise(values.numel(), 128).view_as(values), 128)
    back = kept.read(everything)
    # One code off, at the most.
    top = values.abs().amax(1, keepdim=True)
    error = (back.abs() / top).pow(1 / power) - (values.abs() / top).pow(1 / power)
    assert error.abs().max() <= 1.001 / kept.top
    assert error.mean().abs() <= 0.1 / kept.top
    assert (back.sign() * values.sign() >= 0).all()
    if not signed:
        assert (back > 0).all(), "a step is divided by it"


def test_bytes_keep_zeros_and_parts() -> None:
    kept = Bytes(2 * BLOCK, 4, torch.device("cpu"), signed=False)
    assert not kept.read(slice(0, 2)).any()
    nothing = torch.zeros(1, BLOCK, dtype=torch.int32)
    kept.write(slice(1, 2), torch.full((1, BLOCK), 3.0), nothing, 256)
    assert not kept.read(slice(0, 1)).any()
    assert kept.read(slice(1, 2))[0].tolist() == pytest.approx([3.0] * BLOCK)
    kept.write(slice(1, 2), torch.zeros(1, BLOCK), nothing, 256)
    assert not kept.read(slice(0, 2)).any()


def test_steps_smaller_than_the_spacing_of_bfloat16_count() -> None:
    """At the paper's learning rate: rounded to the nearest, nothing would move at all."""
    rate, steps = 1e-5, 300
    start = torch.randn(4096, generator=chance())
    slope = torch.randn(4096, generator=chance(1))
    exact = {"w": parameter(start.bfloat16(), torch.float32)}
    lean = {"w": parameter(start, torch.bfloat16)}
    before = lean["w"].detach().float().clone()
    for parameters, optimizes in ((exact, Adam(exact)), (lean, LeanAdam(lean, seed=0))):
        for _ in range(steps):
            optimizes.descend((parameters["w"].float() * slope).sum(), rate)
    wanted = exact["w"].detach() - before
    moved = lean["w"].detach().float() - before
    assert wanted.abs().mean().item() == pytest.approx(rate * steps, rel=0.05)
    # The share of the way, by least squares.
    assert ((moved * wanted).sum() / wanted.square().sum()).item() == pytest.approx(1, abs=0.1)


def test_it_finds_the_same_minimum_as_adam() -> None:
    wanted = torch.randn(5000, generator=chance())
    found = []
    for dtype in (torch.float32, torch.bfloat16):
        parameters = {"w": parameter(torch.zeros(5000), dtype)}
        optimizes = optimizer(parameters, seed=0)
        for step in range(400):
            loss = (parameters["w"].float() - wanted).square().mean()
            optimizes.descend(loss, 0.02 * (1 - step / 400))
        found.append((parameters["w"].detach().float() - wanted).abs().mean().item())
    assert found[0] < 0.01
    assert found[1] < 0.01


def test_gradients_are_gone_and_state_takes_two_bytes_a_value() -> None:
    parameters = {"w": parameter(torch.randn(512, 512), torch.bfloat16)}
    optimizes = LeanAdam(parameters, seed=0)
    optimizes.descend(parameters["w"].float().square().sum(), 1e-3)
    assert parameters["w"].grad is None
    state = optimizes.state()
    taken = sum(value.numel() * value.element_size() for key, value in state.items() if "w/" in key)
    assert taken / parameters["w"].numel() == pytest.approx(2 + 8 / BLOCK)


def test_it_goes_on_from_its_state_with_the_same_steps() -> None:
    wanted = torch.randn(700, generator=chance())

    def step(parameters: dict[str, nn.Parameter], optimizes: LeanAdam) -> None:
        optimizes.descend((parameters["w"].float() - wanted).square().mean(), 0.01)

    through = {"w": parameter(torch.zeros(700), torch.bfloat16)}
    first = LeanAdam(through, seed=3)
    for _ in range(5):
        step(through, first)
    kept = {name: value.clone() for name, value in first.state().items()}
    resumed = {"w": parameter(through["w"].detach(), torch.bfloat16)}
    second = LeanAdam(resumed, seed=0)
    second.load(kept)
    for _ in range(5):
        step(through, first)
        step(resumed, second)
    assert resumed["w"].equal(through["w"])


def test_the_precision_of_the_parameters_decides() -> None:
    assert isinstance(optimizer({"w": parameter(torch.zeros(3), torch.float32)}, 0), Adam)
    assert isinstance(optimizer({"w": parameter(torch.zeros(3), torch.bfloat16)}, 0), LeanAdam)
