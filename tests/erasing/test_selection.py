"""Selection: every parameter is accounted for, and exactly the right ones are chosen."""

import pytest
from torch import nn

from unsee.erasing.config import PARAMETERS
from unsee.erasing.selection import select
from unsee.errors import OptionError, UnknownName
from unsee.loading import Model


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_chosen_and_frozen_are_all_parameters_once_each(tiny: Model, parameters: str) -> None:
    selection = select(tiny.network, parameters)
    every = [name for name, _ in tiny.network.named_parameters()]
    assert selection.names
    assert sorted([*selection.names, *selection.frozen]) == sorted(every)
    assert not set(selection.names) & set(selection.frozen)
    assert [name for name in every if name in selection.names] == list(selection.names)


def test_each_choice_is_exactly_its_parameters_of_a_transformer_block(tiny: Model) -> None:
    block = "down_blocks.1.attentions.0.transformer_blocks.0."

    def chosen(parameters: str) -> set[str]:
        names = select(tiny.network, parameters).names
        return {name.removeprefix(block) for name in names if name.startswith(block)}

    projections = ["to_q.weight", "to_k.weight", "to_v.weight", "to_out.0.weight", "to_out.0.bias"]
    cross = {f"attn2.{projection}" for projection in projections}
    itself = {f"attn1.{projection}" for projection in projections}
    norms = {f"norm{number}.{kind}" for number in (1, 2, 3) for kind in ("weight", "bias")}
    feed_forward = {
        f"ff.net.{layer}.{kind}" for layer in ("0.proj", "2") for kind in ("weight", "bias")
    }
    assert chosen("x") == cross
    assert chosen("x-strict") == {"attn2.to_k.weight", "attn2.to_v.weight"}
    assert chosen("selfattn") == itself
    assert chosen("u") == itself | norms | feed_forward
    assert chosen("full") == cross | itself | norms | feed_forward


def test_cross_attention_reads_the_prompt_and_self_attention_does_not(tiny: Model) -> None:
    for parameters, reads in (("x-strict", True), ("selfattn", False)):
        for name in select(tiny.network, parameters).names:
            attention = tiny.network.get_submodule(name.split(".to_")[0])
            assert attention.is_cross_attention is reads


def test_what_lies_outside_the_blocks_belongs_to_u_and_full_alone(tiny: Model) -> None:
    outside = {"time_embedding.linear_1.weight", "conv_in.weight", "conv_out.bias"}
    outside |= {"conv_norm_out.weight", "down_blocks.0.resnets.0.norm1.weight"}
    for parameters in PARAMETERS:
        names = set(select(tiny.network, parameters).names)
        assert outside <= names if parameters in ("u", "full") else not outside & names


def test_x_and_u_are_complements(tiny: Model) -> None:
    assert select(tiny.network, "x").names == select(tiny.network, "u").frozen


def test_a_name_that_merely_contains_attn2_is_not_cross_attention() -> None:
    network = nn.ModuleDict({"attn2": nn.Linear(2, 2), "my_attn2_adapter": nn.Linear(2, 2)})
    assert len(select(network, "u").names) == 4


def test_parameters_that_a_network_does_not_have_are_an_error() -> None:
    with pytest.raises(OptionError, match=r"none of --parameters x: cross-attention"):
        select(nn.Linear(2, 2), "x")


def test_an_unknown_choice_is_an_error_that_suggests_the_nearest(tiny: Model) -> None:
    with pytest.raises(UnknownName, match="did you mean 'u'"):
        select(tiny.network, "uu")
