"""Eq. 3 and SLD: closed forms."""

from dataclasses import replace

import pytest
import torch

from unsee.sampling.guidance import (
    SLD,
    Momentum,
    SafeLatentDiffusion,
    classifier_free_guidance,
    negative_prompt_guidance,
    safe_latent_guidance,
)


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


@pytest.mark.parametrize("name", SLD)
def test_in_its_warm_up_sld_is_plain_guidance(name: str) -> None:
    eps_null, eps_c, eps_safety = torch.randn(3, 2, 4)
    config, momentum = replace(SLD[name], warmup=100), Momentum()
    for _ in range(3):
        guided, momentum = safe_latent_guidance(eps_null, eps_c, eps_safety, 7.5, config, momentum)
        assert torch.equal(guided, classifier_free_guidance(eps_null, eps_c, 7.5))


def test_where_the_prompt_leans_to_the_concept_a_full_push_takes_all_of_the_concept_away() -> None:
    config = SafeLatentDiffusion(0, 1e9, 0.0, 0.0, 0.0)
    eps_null, eps_safety = torch.tensor([1.0, 1.0]), torch.tensor([3.0, 3.0])
    eps_c = torch.tensor([2.0, 4.0])  # below the concept, and beyond it
    guided, _ = safe_latent_guidance(eps_null, eps_c, eps_safety, 2.0, config, Momentum())
    assert guided.tolist() == [1 + 2 * (2 - 1 - (3 - 1)), 1 + 2 * (4 - 1)]


def test_the_momentum_of_a_constant_push_tends_to_its_fixed_point() -> None:
    config = SafeLatentDiffusion(0, 1e9, 0.0, 0.5, 0.7)
    eps_null, eps_c, eps_safety = torch.zeros(1), -torch.ones(1), torch.ones(1)
    momentum = Momentum()
    for _ in range(400):
        _, momentum = safe_latent_guidance(eps_null, eps_c, eps_safety, 1.0, config, momentum)
    assert momentum.value is not None
    # ν = γ and γ = 1 + ν / 2.
    torch.testing.assert_close(momentum.value, torch.tensor([2.0]))


def test_sld_does_not_mind_what_all_three_predictions_share() -> None:
    eps = torch.randn(3, 8, dtype=torch.float64)
    shift = torch.randn(8, dtype=torch.float64)
    plain, _ = safe_latent_guidance(*eps, 5.0, SLD["max"], Momentum())
    shifted, _ = safe_latent_guidance(*(eps + shift), 5.0, SLD["max"], Momentum())
    torch.testing.assert_close(shifted, plain + shift)


def test_warm_ups_keep_their_part_of_a_shorter_run() -> None:
    assert [config.over(20).warmup for config in SLD.values()] == [6, 4, 3, 0]
    assert all(config.over(50) == config for config in SLD.values())
