"""Eq. 3: closed forms."""

import torch

from unsee.guidance import classifier_free_guidance, negative_prompt_guidance


def test_scale_0_is_the_null_prompt_and_scale_1_the_prompt() -> None:
    eps_null, eps_c = torch.randn(2, 3, 4, dtype=torch.float64)
    assert torch.equal(classifier_free_guidance(eps_null, eps_c, 0.0), eps_null)
    torch.testing.assert_close(classifier_free_guidance(eps_null, eps_c, 1.0), eps_c)


def test_guidance_extrapolates_from_the_null_prompt_through_the_prompt() -> None:
    guided = classifier_free_guidance(torch.tensor([1.0]), torch.tensor([2.0]), 7.5)
    assert guided.item() == 8.5


def test_a_negative_prompt_takes_the_place_of_the_null_prompt() -> None:
    eps_negative, eps_c = torch.randn(2, 3, 4)
    assert torch.equal(
        negative_prompt_guidance(eps_negative, eps_c, 3.0),
        classifier_free_guidance(eps_negative, eps_c, 3.0),
    )
