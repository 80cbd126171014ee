"""Single files in the layout of the original code: the same models as their folders."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from single_files import original
from torch import Tensor

from unsee import erase
from unsee.erasing.config import EraseConfig
from unsee.errors import CheckpointError, OptionError, UnknownName
from unsee.loading import load
from unsee.loading.architectures import ARCHITECTURES
from unsee.loading.single_file import read_tokenizers
from unsee.running.fingerprints import fingerprint
from unsee.weights.erased import ErasedWeights

TINY = {"sd1": "tiny_folder", "sd2": "tiny_v_folder", "sdxl": "tiny_xl_folder"}


def _weights(folder: Path) -> dict[str, dict[str, Tensor]]:
    return {path.parent.name: load_file(path) for path in folder.glob("*/*.safetensors")}


@pytest.fixture(params=TINY)
def kind(request: pytest.FixtureRequest, one_thread: None) -> str:
    name: str = request.param
    return name


@pytest.fixture
def folder(kind: str, request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(TINY[kind])
    return path


@pytest.fixture
def file(kind: str, folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_file(original(kind, _weights(folder)), path)
    return path


@pytest.fixture
def small(tiny_folder: Path, tmp_path: Path) -> Path:
    """A file of Stable Diffusion 1."""
    path = tmp_path / "small.safetensors"
    save_file(original("sd1", _weights(tiny_folder)), path)
    return path


def test_a_file_is_the_same_model_as_its_folder(file: Path, folder: Path) -> None:
    model, same = load(file, config=folder, device="cpu"), load(folder, device="cpu")
    assert model.name == str(file)
    assert model.fingerprint == same.fingerprint
    for prompt in ("a cat and a dog", ""):
        assert torch.equal(model.encode([prompt]).hidden, same.encode([prompt]).hidden)
    assert model.generate("a cat", 3, steps=2) == same.generate("a cat", 3, steps=2)


def test_an_erasure_of_the_one_is_an_erasure_of_the_other(
    file: Path, folder: Path, tmp_path: Path
) -> None:
    config = EraseConfig(steps=1, sampler_steps=2, source="original")
    erased = erase(load(file, config=folder, device="cpu"), "cat", config)
    saved = erased.save(tmp_path / "cat.safetensors")
    ErasedWeights.load(saved).apply(load(folder, device="cpu"))


def test_half_precision_and_what_other_programs_add_are_read(
    tmp_path: Path, tiny_folder: Path
) -> None:
    tensors = {k: v.half() for k, v in original("sd1", _weights(tiny_folder)).items()}
    tensors["cond_stage_model.transformer.text_model.embeddings.position_ids"] = torch.arange(16)
    tensors["alphas_cumprod"] = torch.ones(1000)
    path = tmp_path / "half.safetensors"
    save_file(tensors, path)
    model = load(path, config=tiny_folder, device="cpu")
    assert model.dtype == torch.float32
    rounded = load(tiny_folder, device="cpu", dtype=torch.float16).fingerprint
    assert fingerprint(model.network.state_dict(), torch.float16) == rounded


def test_the_running_average_is_taken_where_there_is_one(tmp_path: Path, tiny_folder: Path) -> None:
    tensors = original("sd1", _weights(tiny_folder))
    own = {k: v for k, v in tensors.items() if k.startswith("model.diffusion_model.")}
    for name, tensor in own.items():
        tensors["model_ema." + "".join(name.split(".")[1:])] = tensor
        tensors[name] = torch.zeros_like(tensor)
    path = tmp_path / "ema.safetensors"
    save_file(tensors, path)
    same = load(tiny_folder, device="cpu").fingerprint
    assert load(path, config=tiny_folder, device="cpu").fingerprint == same


@pytest.mark.parametrize(
    "name",
    [
        "model.diffusion_model.input_blocks.0.0.weight",
        "first_stage_model.decoder.conv_out.bias",
        "cond_stage_model.transformer.text_model.final_layer_norm.weight",
    ],
)
def test_a_missing_weight_is_not_made_up(small: Path, tiny_folder: Path, name: str) -> None:
    tensors = load_file(small)
    del tensors[name]
    save_file(tensors, small)
    with pytest.raises(CheckpointError, match=r"lacks .*of its weights.*fetch it again"):
        load(small, config=tiny_folder)


def test_settings_that_do_not_fit_are_an_error_in_one_line(
    small: Path, tiny_v_folder: Path
) -> None:
    for config in (str(tiny_v_folder), "sd1"):
        with pytest.raises(CheckpointError) as caught:
            load(small, config=config, tokenizer=None)
        assert "\n" not in str(caught.value)


def test_a_truncated_file_is_refused(small: Path) -> None:
    small.write_bytes(small.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"truncated.*fetch it again"):
        load(small)


def test_what_is_no_whole_model_is_refused_by_what_it_is(
    small: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    base = load(tiny_folder, device="cpu")
    config = EraseConfig(steps=1, sampler_steps=2, source="original")
    erased = erase(base, "cat", config).save(tmp_path / "cat.safetensors")
    with pytest.raises(CheckpointError, match="is an erased file; load the model"):
        load(erased)

    with pytest.raises(CheckpointError, match="is one part of a model"):
        load(tiny_folder / "unet/diffusion_pytorch_model.safetensors")

    lora, other, pruned = (tmp_path / f"{n}.safetensors" for n in ("lora", "other", "pruned"))
    save_file({"lora_unet_down.lora_up.weight": torch.zeros(2, 2)}, lora)
    with pytest.raises(CheckpointError, match="is a LoRA"):
        load(lora)
    save_file({"double_blocks.0.img_attn.qkv.weight": torch.zeros(2, 2)}, other)
    with pytest.raises(CheckpointError, match=r"it reads .*Stable Diffusion XL"):
        load(other)
    tensors = load_file(small)
    save_file({k: v for k, v in tensors.items() if not k.startswith("cond_stage")}, pruned)
    with pytest.raises(CheckpointError, match="a model without its text encoder"):
        load(pruned)


def test_an_unknown_width_asks_for_the_settings(small: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none of Stable Diffusion 1.*say with `config`"):
        load(small)


def test_options_of_single_files_are_refused_elsewhere(small: Path, tiny_folder: Path) -> None:
    with pytest.raises(OptionError, match="are for single files"):
        load(tiny_folder, config="sd1")
    with pytest.raises(OptionError, match="has a tokenizer of its own"):
        load(small, config=tiny_folder, tokenizer=tiny_folder)
    with pytest.raises(UnknownName, match=r"did you mean 'sd1'.*hub id"):
        load(small, config="sd11")


def test_without_a_tokenizer_the_error_says_where_to_put_one(small: Path) -> None:
    with pytest.raises(CheckpointError, match=r"say with `tokenizer`.*vocab\.json") as caught:
        load(small, config="sd1")
    assert "\n" not in str(caught.value)


def test_the_one_tokenizer_pads_as_each_architecture_does(
    tiny_folder: Path, tmp_path: Path
) -> None:
    words = tmp_path / "words"
    words.mkdir()
    model = json.loads((tiny_folder / "tokenizer/tokenizer.json").read_text())["model"]
    (words / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = [" ".join(pair) for pair in model["merges"]]
    (words / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
    for place in (tiny_folder, words):
        found = read_tokenizers(ARCHITECTURES["sdxl"], str(place))
        for part, pad in (("tokenizer", "<|endoftext|>"), ("tokenizer_2", "!")):
            read = found[part]("a cat", padding="max_length", max_length=6).input_ids
            assert read == read[:4] + [found[part].convert_tokens_to_ids(pad)] * 2
            assert read[:4] == found["tokenizer"]("a cat").input_ids
