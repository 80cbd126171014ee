"""Selection: every parameter is accounted for, and exactly the right ones are chosen."""

import pytest
from diffusers import SD3Transformer2DModel
from diffusers.models.attention_processor import Attention
from torch import nn

from unsee.denoisers.places import PARAMETERS, Place
from unsee.erasing.selection import select
from unsee.errors import CheckpointError, OptionError, UnknownName
from unsee.families.unet import places
from unsee.loading import Model


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_chosen_and_frozen_are_all_parameters_once_each(tiny: Model, parameters: str) -> None:
    selection = select(tiny, parameters)
    every = [name for name, _ in tiny.network.named_parameters()]
    assert selection.names
    assert sorted([*selection.names, *selection.frozen]) == sorted(every)
    assert not set(selection.names) & set(selection.frozen)
    assert [name for name in every if name in selection.names] == list(selection.names)


def test_each_choice_is_exactly_its_parameters_of_a_transformer_block(tiny: Model) -> None:
    block = "down_blocks.1.attentions.0.transformer_blocks.0."

    def chosen(parameters: str) -> set[str]:
        names = select(tiny, parameters).names
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
        for name in select(tiny, parameters).names:
            attention = tiny.network.get_submodule(name.split(".to_")[0])
            assert attention.is_cross_attention is reads


def test_what_lies_outside_the_blocks_belongs_to_u_and_full_alone(tiny: Model) -> None:
    outside = {"time_embedding.linear_1.weight", "conv_in.weight", "conv_out.bias"}
    outside |= {"conv_norm_out.weight", "down_blocks.0.resnets.0.norm1.weight"}
    for parameters in PARAMETERS:
        names = set(select(tiny, parameters).names)
        assert outside <= names if parameters in ("u", "full") else not outside & names


def test_x_and_u_are_complements(tiny: Model) -> None:
    assert select(tiny, "x").names == select(tiny, "u").frozen


def test_parameters_that_a_network_does_not_have_are_an_error(
    tiny: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = dict.fromkeys(tiny.places(), Place.REST)
    monkeypatch.setattr(tiny, "places", lambda: rest)
    with pytest.raises(OptionError, match=r"has no .*the text.*choose other parameters than x"):
        select(tiny, "x")
    assert len(select(tiny, "u").names) == len(rest)


def test_a_structure_that_the_family_does_not_know_is_refused_with_its_class() -> None:
    with pytest.raises(CheckpointError, match="ModuleDict is no U-Net"):
        places(nn.ModuleDict({"attn2": nn.Linear(2, 2)}))
    transformer = SD3Transformer2DModel(
        sample_size=8, num_layers=1, attention_head_dim=4, num_attention_heads=2,
        caption_projection_dim=8, joint_attention_dim=8, pooled_projection_dim=8,
        dual_attention_layers=(0,), qk_norm="rms_norm",
    )  # fmt: skip
    with pytest.raises(CheckpointError, match="SD3Transformer2DModel is no U-Net"):
        places(transformer)


def test_attention_to_text_and_image_at_once_is_refused(tiny: Model) -> None:
    block = tiny.network.get_submodule("down_blocks.1.attentions.0.transformer_blocks.0")
    block.attn2 = Attention(8, 8, heads=1, dim_head=8, added_kv_proj_dim=8)
    with pytest.raises(CheckpointError, match="attention to text and image at once"):
        select(tiny, "x")


def test_attention_is_told_by_what_it_reads_and_not_by_its_name(tiny: Model) -> None:
    """As in blocks with two attentions of the image to itself, the second called attn2 too."""
    path = "down_blocks.1.attentions.0.transformer_blocks.0"
    tiny.network.get_submodule(path).attn2 = Attention(8, heads=1, dim_head=8)
    own = {name for name in tiny.places() if name.startswith(f"{path}.attn2.")}
    assert own
    assert not own & set(select(tiny, "x").names)
    assert own <= set(select(tiny, "selfattn").names)


def test_an_unknown_choice_is_an_error_that_suggests_the_nearest(tiny: Model) -> None:
    with pytest.raises(UnknownName, match="did you mean 'x-strict'"):
        select(tiny, "strict")
