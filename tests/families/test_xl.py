"""Stable Diffusion XL: what it reads besides a prompt, its null prompt, and its erasures."""

import copy
import json
import shutil
from pathlib import Path

import pytest
import torch
from diffusers import DiffusionPipeline

from unsee import erase
from unsee.erasing.config import PARAMETERS, SAMPLERS, EraseConfig
from unsee.errors import ConceptError
from unsee.families.text import TextEncoder
from unsee.loading import Model, load
from unsee.running.fingerprints import fingerprint
from unsee.weights.erased import ErasedWeights, apply

CONFIG = EraseConfig(steps=2, sampler_steps=2, lr=1e-2, batch=2, source="original")


@pytest.fixture
def xl_copy(tiny_xl_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_xl_folder, tmp_path / "xl")


def test_a_prompt_is_what_both_encoders_say(tiny_xl: Model, tiny_xl_folder: Path) -> None:
    pipeline = DiffusionPipeline.from_pretrained(tiny_xl_folder)
    hidden, _, pooled, _ = pipeline.encode_prompt("a cat", device="cpu")
    condition = tiny_xl.encode(["a cat", "dog"])[:1]
    assert condition.pooled is not None
    assert condition.hidden.shape == (1, 16, 32 + 24)
    torch.testing.assert_close(condition.hidden, hidden)
    torch.testing.assert_close(condition.pooled, pooled.detach())


def test_the_null_prompt_is_zeros_where_the_checkpoint_says_so(
    tiny_xl: Model, xl_copy: Path
) -> None:
    null = tiny_xl.encode(["cat", ""])
    assert null.pooled is not None
    assert [bool(row.any()) for row in null.hidden] == [True, False]
    assert [bool(row.any()) for row in null.pooled] == [True, False]

    index = json.loads((xl_copy / "model_index.json").read_text())
    index["force_zeros_for_empty_prompt"] = False
    (xl_copy / "model_index.json").write_text(json.dumps(index))
    read = load(xl_copy, device="cpu").encode([""])
    pipeline = DiffusionPipeline.from_pretrained(xl_copy)
    hidden, _, pooled, _ = pipeline.encode_prompt("", device="cpu")
    assert torch.equal(read.hidden, hidden)
    assert read.pooled is not None
    assert torch.equal(read.pooled, pooled.detach())


def test_the_network_is_told_the_size_of_the_picture(tiny_xl: Model) -> None:
    told = {}

    def note(module: torch.nn.Module, args: object, kwargs: dict[str, dict[str, torch.Tensor]]):
        told.update(kwargs["added_cond_kwargs"])

    handle = tiny_xl.network.register_forward_pre_hook(note, with_kwargs=True)
    x_t = torch.randn(2, *tiny_xl.latent_shape(height=32, width=24))
    tiny_xl.predict(x_t, torch.tensor(500), tiny_xl.encode(["cat", ""]))
    handle.remove()
    assert told["time_ids"].tolist() == [[32, 24, 0, 0, 32, 24]] * 2


def test_a_concept_must_be_read_by_both_encoders(
    tiny_xl: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_xl.check_phrase("cat")
    with pytest.raises(ConceptError, match="shorten"):
        tiny_xl.check_phrase("dog " * 15)

    # A second encoder that reads less.
    tokenizer = copy.deepcopy(tiny_xl.text_encoders[1].tokenizer)
    tokenizer.model_max_length = 5
    short = TextEncoder(tokenizer, tiny_xl.text_encoders[1].network)
    tiny_xl.text_encoders = (tiny_xl.text_encoders[0], short)
    tiny_xl.check_phrase("dog")
    with pytest.raises(ConceptError, match="only 3 fit"):
        tiny_xl.check_phrase("dog " * 4)


def test_all_parts_are_frozen(tiny_xl: Model) -> None:
    for part in (
        tiny_xl.network,
        tiny_xl.text_encoders[0].network,
        tiny_xl.text_encoders[1].network,
        tiny_xl.autoencoder.network,
    ):
        assert not part.training
        assert not any(parameter.requires_grad for parameter in part.parameters())


def test_half_precision_predicts_nearly_the_same(tiny_xl: Model, tiny_xl_folder: Path) -> None:
    half = load(tiny_xl_folder, device="cpu", dtype=torch.bfloat16)
    x_t, t = torch.randn(2, *tiny_xl.latent_shape()), torch.tensor(500)
    predicted = half.predict(x_t, t, half.encode(["cat", ""]))
    exact = tiny_xl.predict(x_t, t, tiny_xl.encode(["cat", ""]))
    assert predicted.dtype == torch.float32
    torch.testing.assert_close(predicted, exact, atol=0.05, rtol=0.05)


@pytest.mark.parametrize("parameters", PARAMETERS)
@pytest.mark.parametrize("name", ["tiny", "tiny_v", "tiny_xl"])
def test_all_parameters_are_erased_from_every_architecture_and_leaves_the_base_as_it_was(
    name: str, parameters: str, request: pytest.FixtureRequest
) -> None:
    model: Model = request.getfixturevalue(name)
    before = fingerprint(model.network.state_dict())
    erased = erase(model, "cat", EraseConfig(**{**vars(CONFIG), "parameters": parameters}))
    assert fingerprint(model.network.state_dict()) == before == model.fingerprint
    with erased.applied(model):
        assert fingerprint(model.network.state_dict()) != before
    assert fingerprint(model.network.state_dict()) == before


@pytest.mark.parametrize("source", ["edited", "original"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_latents_come_from_either_source_and_sampler(
    tiny_xl: Model, source: str, sampler: str
) -> None:
    settings = {**vars(CONFIG), "source": source, "sampler": sampler, "sampler_steps": 4}
    assert erase(tiny_xl, "cat", EraseConfig(**settings)).tensors


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_an_erased_file_is_applied_to_the_pipeline_of_diffusers(
    tiny_xl: Model, tiny_xl_folder: Path, tmp_path: Path, dtype: torch.dtype
) -> None:
    erased = erase(tiny_xl, "cat", CONFIG)
    file = erased.save(tmp_path / "cat.safetensors")
    pipeline = DiffusionPipeline.from_pretrained(tiny_xl_folder, dtype=dtype)
    before = fingerprint(pipeline.unet.state_dict())
    applied = apply(pipeline, file)
    for name, tensor in ErasedWeights.load(file).tensors.items():
        assert torch.equal(pipeline.unet.get_parameter(name), tensor.to(dtype))
    applied.restore(pipeline)
    assert fingerprint(pipeline.unet.state_dict()) == before
