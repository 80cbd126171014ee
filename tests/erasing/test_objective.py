"""Eq. 6: closed forms, and the proof that one line serves every prediction space."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from unsee.erasing.objective import erase_loss, erase_target


def _predictions(rows: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (rows, 4, 8, 8)
    x_t, eps_c, eps_null = (
        torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(3)
    )
    return x_t, eps_c, eps_null


def test_eta_zero_maps_the_concept_to_the_unconditional_prediction() -> None:
    _, eps_c, eps_null = _predictions()
    assert torch.equal(erase_target(eps_c, eps_null, eps_null, 0.0), eps_null)


@pytest.mark.parametrize("eta", [0.5, 1.0, 3.0, 10.0])
def test_the_authors_flag_is_eta_plus_one(eta: float) -> None:
    _, eps_c, eps_null = _predictions()
    flag = eta + 1
    theirs = eps_c - flag * (eps_c - eps_null)
    torch.testing.assert_close(erase_target(eps_c, eps_null, eps_null, eta), theirs)


def test_where_the_concept_changes_nothing_there_is_nothing_to_erase() -> None:
    _, _, eps_null = _predictions()
    assert torch.equal(erase_target(eps_null, eps_null, eps_null, 7.0), eps_null)


def test_erasing_from_a_phrase_starts_at_its_prediction() -> None:
    eps_from, eps_c, eps_null = _predictions()
    target = erase_target(eps_c, eps_null, eps_from, 2.0)
    torch.testing.assert_close(target, eps_from - 2 * eps_c + 2 * eps_null)


def test_the_target_carries_no_gradient() -> None:
    _, eps_c, eps_null = _predictions()
    assert not erase_target(
        eps_c.requires_grad_(), eps_null.requires_grad_(), eps_null, 1.0
    ).requires_grad


def _eps_to_v(x_t: Tensor, eps: Tensor, sigma: float) -> Tensor:
    alpha = math.sqrt(1 - sigma**2)
    x_0 = (x_t - sigma * eps) / alpha
    return alpha * eps - sigma * x_0


def _v_to_eps(x_t: Tensor, v: Tensor, sigma: float) -> Tensor:
    return math.sqrt(1 - sigma**2) * v + sigma * x_t


def _eps_to_flow(x_t: Tensor, eps: Tensor, sigma: float) -> Tensor:
    x_0 = (x_t - sigma * eps) / (1 - sigma)
    return eps - x_0


def _flow_to_eps(x_t: Tensor, flow: Tensor, sigma: float) -> Tensor:
    return x_t + (1 - sigma) * flow


@pytest.mark.parametrize("sigma", [0.1, 0.5, 0.97])
@pytest.mark.parametrize("eta", [0.0, 1.0, 10.0])
@pytest.mark.parametrize(
    ("there", "back", "alpha"),
    [
        (_eps_to_v, _v_to_eps, lambda sigma: math.sqrt(1 - sigma**2)),
        (_eps_to_flow, _flow_to_eps, lambda sigma: 1 - sigma),
    ],
    ids=["v", "flow"],
)
def test_the_target_commutes_with_conversion_to_other_prediction_spaces(
    there: Callable[[Tensor, Tensor, float], Tensor],
    back: Callable[[Tensor, Tensor, float], Tensor],
    alpha: Callable[[float], float],
    eta: float,
    sigma: float,
) -> None:
    x_t, eps_c, eps_null = _predictions()
    y_c, y_null = there(x_t, eps_c, sigma), there(x_t, eps_null, sigma)
    torch.testing.assert_close(back(x_t, y_c, sigma), eps_c)

    # Converted there, erased, converted back: the same as erased at once.
    in_eps = erase_target(eps_c, eps_null, eps_null, eta)
    in_y = erase_target(y_c, y_null, y_null, eta)
    torch.testing.assert_close(back(x_t, in_y, sigma), in_eps)

    # The loss differs by the factor q² that the docstring names, and by nothing else.
    ratio = ((y_c - in_y) ** 2).mean() / ((eps_c - in_eps) ** 2).mean()
    torch.testing.assert_close(ratio.item(), alpha(sigma) ** -2)


def test_the_loss_is_the_mean_squared_error_in_fp32() -> None:
    ours = erase_loss(torch.full((2, 3), 2.0, dtype=torch.bfloat16), torch.zeros(2, 3))
    assert ours.dtype == torch.float32
    assert ours.item() == 4.0
