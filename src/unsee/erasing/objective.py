"""The erasure objective: Eq. 6 of Gandikota et al. 2023, written once.

erase_target   what the edited model shall predict for the concept
erase_loss     how far it is from that
per_row        a number for each row, beside tensors of any shape

Eq. 6 is written for ε, but the same line serves every prediction space. Given x_t and t, what a
diffusion model predicts is y = p x_t + q ε, where p and q depend on t alone and q ≠ 0:

    ε-prediction    x_t = α x_0 + σ ε                      y = ε                  p = 0     q = 1
    v-prediction    y = α ε − σ x_0, with α² + σ² = 1      y = (ε − σ x_t) / α    p = −σ/α  q = 1/α
    flow velocity   y = ε − x_0, with α = 1 − σ            y = (ε − x_t) / α      p = −1/α  q = 1/α

The target is a combination ε' = Σ kᵢ εᵢ of predictions at the same x_t and t, and its
coefficients −η and 1 + η sum to one. Converted, it is

    p x_t + q Σ kᵢ εᵢ  =  Σ kᵢ (p x_t + q εᵢ)  =  Σ kᵢ yᵢ

which is the same combination of the model's own predictions. Only the weight of the loss differs,
by q²: on a v- or flow-model, as when it was trained, noisy steps count more.
"""

import torch.nn.functional as F
from torch import Tensor


def erase_target(eps_c: Tensor, eps_null: Tensor, eps_start: Tensor, eta: float | Tensor) -> Tensor:
    """Eq. 6: ε(start) − η [ε(c) − ε(null)], from the original model's predictions; no gradient.

    In the paper start and null are both ∅. Where a concept is erased from another phrase, or from
    a prompt that it is part of, they are other predictions at the same x_t and t; the coefficients
    sum to one all the same.

    All tensors have the same shape, (rows, ...); `eta` may differ from row to row, (rows, 1, ...).
    """
    return (eps_start - eta * (eps_c - eps_null)).detach()


def erase_loss(prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean squared error over all elements, in fp32; a scalar.

    `weight` is (rows,): what the error of each row counts.
    """
    loss = F.mse_loss(prediction.float(), target.float(), reduction="none")
    return (loss if weight is None else loss * per_row(weight, loss)).mean()


def per_row(values: Tensor, like: Tensor) -> Tensor:
    """Values (rows,) in a shape that goes with tensors (rows, ...)."""
    return values.view(-1, *[1] * (like.dim() - 1))
