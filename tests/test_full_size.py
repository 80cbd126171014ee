"""One gradient step in the size of the published models, on random weights."""

from pathlib import Path

import pytest
import torch
from transformers import CLIPTokenizer

from unsee import erase
from unsee.config import EraseConfig
from unsee.loading import Model
from unsee.loading.architectures import ARCHITECTURES
from unsee.loading.families import FAMILIES
from unsee.loading.folder import read_part
from unsee.selection import select


@pytest.mark.slow
def test_a_step_of_esd_x_changes_all_of_cross_attention_of_stable_diffusion_1(
    tiny_folder: Path, tmp_path: Path
) -> None:
    from diffusers import PNDMScheduler

    ARCHITECTURES["sd1"].write(tmp_path)
    parts = {}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for part, kind in FAMILIES["StableDiffusionPipeline"].models.items():
            made = getattr(kind, "config_class", None)
            parts[part] = (
                kind.from_config(kind.load_config(tmp_path / part))
                if made is None
                else kind(made.from_pretrained(tmp_path / part))
            )
    model = Model(
        "full-size",
        **parts,
        tokenizer=read_part(tiny_folder / "tokenizer", CLIPTokenizer),
        scheduler=read_part(tmp_path / "scheduler", PNDMScheduler),
    )
    assert model.latent_shape() == (4, 64, 64)
    own = dict(model.network.named_parameters())
    erased = erase(model, "cat", EraseConfig(steps=1, sampler_steps=1, lr=1e-3, source="original"))
    assert set(erased.tensors) == set(select(model.network, "esd-x").names)
    assert all(not torch.equal(tensor, own[name]) for name, tensor in erased.tensors.items())
