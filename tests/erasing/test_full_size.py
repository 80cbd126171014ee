"""Stable Diffusion 1 in the size of the published models, on random weights."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import PNDMScheduler
from safetensors.torch import save_file
from single_files import original
from transformers import CLIPTokenizer

from unsee import erase
from unsee.erasing.config import EraseConfig
from unsee.erasing.selection import select
from unsee.loading import Model, load
from unsee.loading.architectures import ARCHITECTURES
from unsee.loading.families import FAMILIES
from unsee.loading.folder import read_part
from unsee.running.fingerprints import fingerprint

pytestmark = pytest.mark.slow


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, Any]:
    """The parts with weights."""
    folder = tmp_path / "sd1"
    folder.mkdir()
    ARCHITECTURES["sd1"].write(folder)
    made = {}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for part, kind in FAMILIES.get("StableDiffusionPipeline").models.items():
            config = getattr(kind, "config_class", None)
            made[part] = (
                kind.from_config(kind.load_config(folder / part))
                if config is None
                else kind(config.from_pretrained(folder / part))
            )
    return made


def test_a_step_of_esd_x_changes_all_of_cross_attention(
    parts: dict[str, Any], tiny_folder: Path, tmp_path: Path
) -> None:
    model = Model(
        "full-size",
        **parts,
        tokenizer=read_part(tiny_folder / "tokenizer", CLIPTokenizer),
        scheduler=read_part(tmp_path / "sd1/scheduler", PNDMScheduler),
    )
    assert model.latent_shape() == (4, 64, 64)
    own = dict(model.network.named_parameters())
    erased = erase(model, "cat", EraseConfig(steps=1, sampler_steps=1, lr=1e-3, source="original"))
    assert set(erased.tensors) == set(select(model, "x").names)
    assert all(not torch.equal(tensor, own[name]) for name, tensor in erased.tensors.items())


def test_a_single_file_is_recognised_and_read_without_a_word_about_its_settings(
    parts: dict[str, Any], tiny_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "model.safetensors"
    states = {name: part.half().state_dict() for name, part in parts.items()}
    save_file(original("sd1", states), file)
    model = load(file, tokenizer=tiny_folder, device="cpu", dtype=torch.float16)
    assert model.fingerprint == fingerprint(parts["unet"].state_dict())
    for own, name in (
        (model.text_encoders[0].network, "text_encoder"),
        (model.autoencoder.network, "vae"),
    ):
        for key, tensor in own.state_dict().items():
            assert torch.equal(tensor.half(), states[name][key])
    assert model.encode(["a cat"]).hidden.shape == (1, 16, 768)
    assert model.schedule(50).timesteps[0] == 981
