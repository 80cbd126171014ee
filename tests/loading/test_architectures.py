"""The settings of the published models, and how a single file is known for one of them."""

import json
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from accelerate import init_empty_weights
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
)
from single_files import original

from unsee.errors import CheckpointError
from unsee.loading.architectures import ARCHITECTURES
from unsee.loading.families import FAMILIES
from unsee.loading.header import SingleFileHeader, recognise

PARAMETERS = {
    ("sd1", "unet"): 859_520_964,
    ("sd1", "vae"): 83_653_863,
    ("sd1", "text_encoder"): 123_060_480,
    ("sd2", "unet"): 865_910_724,
    ("sd2", "text_encoder"): 340_387_840,
    ("sdxl", "unet"): 2_567_463_684,
    ("sdxl", "vae"): 83_653_863,
    ("sdxl", "text_encoder"): 123_060_480,
    ("sdxl", "text_encoder_2"): 694_659_840,
}


@pytest.fixture(scope="module", params=["sd1", "sd2", "sdxl"])
def published(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, Any]]:
    """Name of an architecture, and its parts without memory for their weights."""
    name: str = request.param
    folder = tmp_path_factory.mktemp(name)
    ARCHITECTURES[name].write(folder)
    parts = {}
    for part, kind in FAMILIES.get(ARCHITECTURES[name].kind).models.items():
        config = json.loads((folder / part / "config.json").read_text())
        with init_empty_weights():
            made = kind.config_class(**config) if hasattr(kind, "config_class") else None
            parts[part] = kind(made) if made is not None else kind.from_config(config)
    return name, parts


def test_an_architecture_has_as_many_parameters_as_the_published_model(
    published: tuple[str, dict[str, Any]],
) -> None:
    name, parts = published
    counted = {(name, part): sum(p.numel() for p in m.parameters()) for part, m in parts.items()}
    assert {key: count for key, count in PARAMETERS.items() if key[0] == name} == {
        key: counted[key] for key in PARAMETERS if key[0] == name
    }


@pytest.mark.parametrize("part", ["unet", "vae"])
def test_diffusers_finds_every_weight_with_these_settings(
    published: tuple[str, dict[str, Any]], part: str, tmp_path: Path
) -> None:
    name, parts = published
    ARCHITECTURES[name].write(tmp_path)
    config = json.loads((tmp_path / part / "config.json").read_text())
    convert = {"unet": convert_ldm_unet_checkpoint, "vae": convert_ldm_vae_checkpoint}[part]
    found = convert(_tensors(published), config)
    own = parts[part].state_dict()
    assert {key: tensor.shape for key, tensor in found.items()} == {
        key: tensor.shape for key, tensor in own.items()
    }


def _tensors(published: tuple[str, dict[str, Any]]) -> dict[str, torch.Tensor]:
    """What a file of the published model holds, without memory for it."""
    name, parts = published
    return original(name, {part: model.state_dict() for part, model in parts.items()})


def _header(published: tuple[str, dict[str, Any]], **metadata: str) -> SingleFileHeader:
    shapes = {key: tuple(tensor.shape) for key, tensor in _tensors(published).items()}
    return SingleFileHeader(shapes, metadata)


def test_a_published_model_is_recognised(
    published: tuple[str, dict[str, Any]],
) -> None:
    name, _ = published
    path, header = Path("model.safetensors"), _header(published)
    header.check(path)
    if name == "sd2":
        with pytest.raises(CheckpointError, match=r"config='sd2' or config='sd2-v'"):
            recognise(path, header)
    else:
        assert recognise(path, header) is ARCHITECTURES[name]
    for said in ({"modelspec.prediction_type": "v"}, {"modelspec.predict_key": "v"}):
        assert recognise(path, SingleFileHeader(header.shapes, said)) is ARCHITECTURES[f"{name}-v"]
    said = {"modelspec.prediction_type": "epsilon"}
    assert recognise(path, SingleFileHeader(header.shapes, said)) is ARCHITECTURES[name]

    named = recognise(path, SingleFileHeader({**header.shapes, "v_pred": ()}, {}))
    assert named is ARCHITECTURES[f"{name}-v"]
    zero = recognise(path, SingleFileHeader({**header.shapes, "v_pred": (), "ztsnr": ()}, {}))
    assert zero.configs["scheduler"][1]["rescale_betas_zero_snr"]

    first = "model.diffusion_model.input_blocks.0.0.weight"
    with pytest.raises(CheckpointError, match="is none of"):
        recognise(path, SingleFileHeader({**header.shapes, first: (320, 9, 3, 3)}, {}))


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [("stable-diffusion-v2-768-v", "sd2-v"), ("stable-diffusion-v2-512", "sd2")],
)
def test_a_file_of_version_2_may_say_which_it_is(architecture: str, expected: str) -> None:
    shapes = {"model.diffusion_model.input_blocks.1.1.attn2.to_k.weight": (320, 1024)}
    header = SingleFileHeader(shapes, {"modelspec.architecture": architecture})
    assert recognise(Path("model.safetensors"), header) is ARCHITECTURES[expected]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_scheduler_of_an_architecture_is_made(name: str, tmp_path: Path) -> None:
    ARCHITECTURES[name].write(tmp_path)
    kind = getattr(diffusers, ARCHITECTURES[name].configs["scheduler"][0])
    scheduler = kind.from_pretrained(tmp_path / "scheduler")
    predicts = "v_prediction" if name.endswith("-v") else "epsilon"
    assert scheduler.config.prediction_type == predicts
    scheduler.set_timesteps(5)
    assert len(scheduler.timesteps) >= 5
