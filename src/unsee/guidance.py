"""Guidance at sampling time: Eq. 3 of Gandikota et al. 2023 and its relatives. Pure tensors.

classifier_free_guidance   towards the prompt, away from no prompt
negative_prompt_guidance   towards the prompt, away from another one

Like Eq. 6, these are combinations whose coefficients sum to one, and so hold in every prediction
space (see objective.py).
"""

from torch import Tensor


def classifier_free_guidance(eps_null: Tensor, eps_c: Tensor, scale: float) -> Tensor:
    """Eq. 3: ε(∅) + α [ε(c) − ε(∅)]; all tensors of one shape."""
    return eps_null + scale * (eps_c - eps_null)


def negative_prompt_guidance(eps_negative: Tensor, eps_c: Tensor, scale: float) -> Tensor:
    """Eq. 3 with a negative prompt in the place of ∅: the baseline SD-Neg-Prompt."""
    return classifier_free_guidance(eps_negative, eps_c, scale)
