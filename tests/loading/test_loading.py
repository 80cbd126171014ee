"""Loading: from names to models, and every way in which that can fail."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from unsee.errors import CheckpointError, OptionError, UnknownName
from unsee.loading import Model, load
from unsee.running.fingerprints import fingerprint

UNET = "unet/diffusion_pytorch_model.safetensors"


def test_a_folder_gives_the_weights_that_lie_in_it(tiny_folder: Path) -> None:
    model = load(tiny_folder, device="cpu")
    assert model.name == str(tiny_folder)
    assert model.fingerprint == fingerprint(load_file(tiny_folder / UNET))


def _as_in_2022(folder: Path) -> None:
    """Rewrite a folder to the names and files that CompVis/stable-diffusion-v1-4 has."""
    path = folder / "text_encoder/model.safetensors"
    text = {f"text_model.{name}": value for name, value in load_file(path).items()}
    text["text_model.embeddings.position_ids"] = torch.arange(16)[None]
    save_file(text, path, metadata={"format": "pt"})

    path = folder / "vae/diffusion_pytorch_model.safetensors"
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    vae = {}
    for name, value in load_file(path).items():
        renamed = name
        for new_name, old_name in old.items():
            renamed = renamed.replace(f"attentions.0.{new_name}.", f"attentions.0.{old_name}.")
        vae[renamed] = value
    assert "decoder.mid_block.attentions.0.proj_attn.bias" in vae
    save_file(vae, path, metadata={"format": "pt"})

    folder = folder / "tokenizer"
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    for path in folder.iterdir():
        path.unlink()
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = [" ".join(pair) for pair in model["merges"]]
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
    start, end = (
        {"__type": "AddedToken", "content": content, "lstrip": False, "normalized": True}
        | {"rstrip": False, "single_word": False}
        for content in ("<|startoftext|>", "<|endoftext|>")
    )
    config = {"add_prefix_space": False, "do_lower_case": True, "errors": "replace"}
    config |= {"bos_token": start, "eos_token": end, "unk_token": end}
    config |= {"pad_token": "<|endoftext|>", "model_max_length": 16}
    config |= {"tokenizer_class": "CLIPTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def test_a_folder_as_they_were_written_in_2022_is_the_same_model(tiny: Model, copy: Path) -> None:
    _as_in_2022(copy)
    old = load(copy, device="cpu")
    assert old.fingerprint == tiny.fingerprint
    for prompt in ("a cat and a dog", "dogcat", "", "日本"):
        assert torch.equal(old.encode([prompt]).hidden, tiny.encode([prompt]).hidden)
    assert old.generate("a cat", 1, steps=2) == tiny.generate("a cat", 1, steps=2)


def test_half_precision_is_half_in_all_parts(tiny_folder: Path) -> None:
    model = load(tiny_folder, device="cpu", dtype=torch.bfloat16)
    for part in (model.network, model.text_encoders[0].network, model.autoencoder.network):
        assert {parameter.dtype for parameter in part.parameters()} == {torch.bfloat16}


def test_the_folder_may_say_how_it_is_best_used(copy: Path) -> None:
    (copy / "unsee.json").write_text('{"steps": 20, "guidance": 3.5, "recipe": "emoji"}')
    defaults = load(copy).defaults
    assert (defaults.steps, defaults.guidance, defaults.recipe) == (20, 3.5, "emoji")


@pytest.mark.parametrize("text", ["{", "[]", '{"stepz": 20}', '{"steps": 0}'])
def test_a_folder_that_says_so_in_an_unreadable_way_is_refused(copy: Path, text: str) -> None:
    (copy / "unsee.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"unsee\.json cannot be used"):
        load(copy)


@pytest.mark.parametrize("name", ["emojii", "./no/such/folder", ""])
def test_an_unknown_name_lists_what_there_is(name: str) -> None:
    if name:
        with pytest.raises(UnknownName, match=r"emoji.*or a folder.*or a hub id"):
            load(name)
    with pytest.raises(UnknownName, match="did you mean 'emoji'"):
        load("emojii")


@pytest.mark.parametrize("name", ["sd-v1-4.ckpt", "models/old.bin", "x.pt", "x.pth"])
def test_pickles_are_refused_whether_they_exist_or_not(name: str, tmp_path: Path) -> None:
    (tmp_path / Path(name).name).write_bytes(b"PK")
    for path in (name, tmp_path / Path(name).name):
        with pytest.raises(CheckpointError, match=r"pickle.*convert it"):
            load(path)


def test_a_folder_with_weights_as_pickles_is_refused(copy: Path) -> None:
    (copy / UNET).rename(copy / "unet/diffusion_pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"pickles.*safe_serialization"):
        load(copy)


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no readable model_index\.json"):
        load(tmp_path)


def test_a_pipeline_of_another_family_is_refused_by_name(copy: Path) -> None:
    index = json.loads((copy / "model_index.json").read_text())
    index["_class_name"] = "FluxPipeline"
    (copy / "model_index.json").write_text(json.dumps(index))
    families = "is a FluxPipeline.*StableDiffusionPipeline, StableDiffusionXLPipeline"
    with pytest.raises(CheckpointError, match=families):
        load(copy)


@pytest.mark.parametrize("scheduler", ["NoSuchScheduler", "UNet2DConditionModel", None])
def test_a_scheduler_that_diffusers_does_not_have_is_refused(
    copy: Path, scheduler: str | None
) -> None:
    index = json.loads((copy / "model_index.json").read_text())
    index["scheduler"] = ["diffusers", scheduler]
    (copy / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match="names a scheduler"):
        load(copy)


def test_a_missing_weight_is_not_made_up(copy: Path) -> None:
    weights = load_file(copy / UNET)
    del weights["conv_in.weight"]
    save_file(weights, copy / UNET, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"lacks 1 of its weights, conv_in\.weight"):
        load(copy)


@pytest.mark.parametrize(
    "part", [UNET, "text_encoder/model.safetensors", "vae/diffusion_pytorch_model.safetensors"]
)
def test_a_truncated_part_is_refused_in_one_line(copy: Path, part: str) -> None:
    (copy / part).write_bytes((copy / part).read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="cannot be loaded") as caught:
        load(copy)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("part", ["unet", "text_encoder", "vae", "tokenizer", "scheduler"])
def test_a_missing_part_is_refused_by_name(copy: Path, part: str) -> None:
    shutil.rmtree(copy / part)
    with pytest.raises(CheckpointError, match=f"{part} cannot be loaded"):
        load(copy)


def test_a_hub_id_that_cannot_be_had_is_answered_in_one_line() -> None:
    with pytest.raises(CheckpointError, match="could not be had from the hub") as caught:
        load("no-such-owner/no-such-model")
    assert "\n" not in str(caught.value)


def test_a_device_that_is_not_there_is_an_error(tiny_folder: Path) -> None:
    for device in ("cuda:99", "toaster"):
        with pytest.raises(OptionError, match="device"):
            load(tiny_folder, device=device)
