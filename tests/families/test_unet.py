"""The U-Net denoisers: parity with the pipelines of diffusers, and the edges of the seam."""

import json
import math
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline, PNDMScheduler
from PIL import Image
from safetensors.torch import load_file, save_file

from unsee.denoisers.condition import Condition
from unsee.errors import CheckpointError, ConceptError, OptionError, UnknownName
from unsee.loading import Model, load

TINY = ["tiny_folder", "tiny_v_folder", "tiny_xl_folder"]
SCHEDULERS = [
    "DDIMScheduler",
    "DPMSolverMultistepScheduler",
    "EulerAncestralDiscreteScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "PNDMScheduler",
    "UniPCMultistepScheduler",
]


@pytest.fixture(params=TINY)
def folder(request: pytest.FixtureRequest, one_thread: None) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


def _difference(folder: Path, scheduler: str | None = None, **settings: Any) -> int:
    """Draw with the pipeline of diffusers and with ours; the largest difference of two pixels."""
    pipeline = DiffusionPipeline.from_pretrained(folder)
    model = load(folder, device="cpu")
    if scheduler is not None:
        made = getattr(diffusers, scheduler).from_config(pipeline.scheduler.config)
        pipeline.scheduler = model.scheduler = made
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(
        "a cat",
        num_inference_steps=7,
        guidance_scale=5.0,
        negative_prompt=settings.get("negative"),
        height=settings.get("height"),
        width=settings.get("width"),
        generator=torch.Generator().manual_seed(11),
    ).images[0]
    ours = model.generate("a cat", 11, steps=7, guidance=5.0, **settings)
    assert isinstance(ours, Image.Image)
    return int(abs(np.asarray(ours, dtype=int) - np.asarray(theirs, dtype=int)).max())


@pytest.mark.parametrize("negative", [None, "dog"])
def test_pictures_are_those_of_the_diffusers_pipeline(folder: Path, negative: str | None) -> None:
    assert _difference(folder, negative=negative) <= 1


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("tiny_name", ["tiny_v_folder", "tiny_xl_folder"])
def test_so_they_are_with_every_scheduler(
    tiny_name: str, scheduler: str, request: pytest.FixtureRequest, one_thread: None
) -> None:
    assert _difference(request.getfixturevalue(tiny_name), scheduler) <= 1


def test_so_they_are_in_other_sizes(folder: Path) -> None:
    assert _difference(folder, height=32, width=24) <= 1


def test_a_model_is_frozen_and_in_evaluation_mode(tiny: Model) -> None:
    assert not any(parameter.requires_grad for parameter in tiny.network.parameters())
    assert not any(module.training for module in tiny.network.modules())


def test_the_prediction_type_is_that_of_the_scheduler(tiny: Model, tiny_v: Model) -> None:
    assert (tiny.prediction_type, tiny_v.prediction_type) == ("epsilon", "v_prediction")


def test_rows_of_a_batch_do_not_see_each_other(tiny: Model) -> None:
    x_t = torch.randn(3, *tiny.latent_shape())
    t = torch.tensor([981, 501, 1])
    condition = tiny.encode(["cat", "dog", ""])
    together = tiny.predict(x_t, t, condition)
    for row in range(3):
        alone = tiny.predict(x_t[row : row + 1], t[row], condition[row : row + 1])
        torch.testing.assert_close(together[row : row + 1], alone)


def test_prompts_longer_than_the_text_encoder_are_cut_off(tiny: Model) -> None:
    long = tiny.encode(["dog " * 40])
    assert torch.equal(long.hidden, tiny.encode(["dog " * 14]).hidden)


def test_a_concept_must_be_read_in_full_and_differ_from_nothing(tiny: Model) -> None:
    tiny.check_phrase("dog " * 14)
    with pytest.raises(ConceptError, match="15 tokens, but only 14 fit"):
        tiny.check_phrase("dog " * 15)
    for nothing in ("", "   ", "日本", "!!!"):
        with pytest.raises(ConceptError, match="as the empty prompt"):
            tiny.check_phrase(nothing)


def test_latents_and_pictures_have_the_sizes_that_were_asked_for(tiny: Model) -> None:
    assert tiny.latent_shape() == (4, 8, 8)
    assert tiny.latent_shape(height=32) == (4, 16, 8)
    picture = tiny.generate("cat", steps=2, height=20, width=24)
    assert picture.size == (24, 20)
    for option in ("height", "width"):
        with pytest.raises(OptionError, match=f"^{option} must be a multiple of 2, not 15"):
            tiny.latent_shape(**{option: 15})


def test_decoding_undoes_encoding_up_to_the_autoencoder(tiny: Model) -> None:
    latents = tiny.encode_images(torch.zeros(2, 3, 16, 16))
    assert latents.shape == (2, *tiny.latent_shape())
    pictures = tiny.decode(latents)
    assert (pictures.dtype, tuple(pictures.shape)) == (torch.uint8, (2, 16, 16, 3))


def test_a_scheduler_is_fresh_each_time_and_of_the_kind_asked_for(tiny: Model) -> None:
    first = tiny.schedule(5)
    assert first.facts()[0] == "PNDMScheduler"
    assert tiny.schedule(5) is not first
    ddim = tiny.schedule(5, "ddim")
    assert ddim.timesteps.tolist() == [801, 601, 401, 201, 1]
    assert dict(ddim.facts()[1])["clip_sample"] == "False"
    with pytest.raises(UnknownName, match="sampler"):
        tiny.schedule(5, "dddim")
    with pytest.raises(OptionError, match="1001 sampler steps"):
        tiny.schedule(1001)


def test_settings_of_old_checkpoints_are_mended_as_the_pipeline_mends_them(tiny: Model) -> None:
    old = PNDMScheduler(skip_prk_steps=True, steps_offset=0)
    parts = {
        "tokenizer": tiny.text_encoders[0].tokenizer,
        "text_encoder": tiny.text_encoders[0].network,
        "vae": tiny.autoencoder.network,
    }
    model = Model("old", unet=tiny.network, scheduler=old, **parts)
    assert model.scheduler.config.steps_offset == 1


def _change(folder: Path, part: str, **settings: Any) -> None:
    path = folder / part
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def test_latents_of_dpm_in_10_steps_are_nearer_to_exact_ones_than_of_ddim_in_50(
    tiny: Model,
) -> None:
    """Of data that are Gaussian, both the best prediction and the whole trajectory are known."""
    spread = 0.3

    def error(sampler: str, steps: int) -> float:
        schedule = tiny.schedule(steps, sampler)
        moments = range(len(schedule.timesteps))
        deviation = [math.hypot(schedule.alpha(i) * spread, schedule.sigma(i)) for i in moments]
        x, worst = torch.full((1, 1, 1, 1), 1.5 * deviation[0], dtype=torch.float64), 0.0
        for i in moments:
            worst = max(worst, abs(float(x) - 1.5 * deviation[i]))
            x = schedule.step(schedule.sigma(i) * x / deviation[i] ** 2, i, x)
        return worst

    assert error("dpm++", 10) < error("ddim", 50) < error("ddim", 10)


@pytest.mark.parametrize("kind", ["sample", None])
def test_a_prediction_type_that_is_not_supported_is_an_error(copy: Path, kind: str | None) -> None:
    _change(copy, "scheduler/scheduler_config.json", prediction_type=kind)
    with pytest.raises(CheckpointError, match=r"predicts .*epsilon or v_prediction"):
        load(copy)


def test_a_noise_schedule_without_betas_is_not_sampled_by_ddim(copy: Path) -> None:
    _change(copy, "model_index.json", scheduler=["diffusers", "EDMEulerScheduler"])
    (copy / "scheduler/scheduler_config.json").write_text("{}")
    model = load(copy, device="cpu")
    assert len(model.schedule(5).timesteps) == 5
    with pytest.raises(OptionError, match="sampler model"):
        model.schedule(5, "ddim")
    with pytest.raises(OptionError, match=r"dpm\+\+ does not know"):
        model.schedule(5, "dpm++")


def test_a_model_that_reads_a_picture_too_is_refused(copy: Path) -> None:
    path = copy / "unet/diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights["conv_in.weight"] = torch.zeros(8, 9, 3, 3)
    save_file(weights, path, metadata={"format": "pt"})
    _change(copy, "unet/config.json", in_channels=9)
    with pytest.raises(CheckpointError, match=r"inpainting.*give the text-to-image model"):
        load(copy)


def test_a_model_with_guidance_inside_is_refused(copy: Path) -> None:
    path = copy / "unet/diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights["time_embedding.cond_proj.weight"] = torch.zeros(8, 16)
    save_file(weights, path, metadata={"format": "pt"})
    _change(copy, "unet/config.json", time_cond_proj_dim=16)
    with pytest.raises(CheckpointError, match=r"guidance distilled.*distilled from"):
        load(copy)


def test_latents_are_standardised_as_the_autoencoder_says(tiny: Model, copy: Path) -> None:
    mean, deviation = [0.5, -1.0, 2.0, 0.0], [2.0, 0.5, 1.0, 4.0]
    _change(copy, "vae/config.json", latents_mean=mean, latents_std=deviation)
    other = load(copy, device="cpu")
    images = torch.rand(2, 3, 16, 16) * 2 - 1
    factor = tiny.autoencoder.network.config.scaling_factor
    shift, scale = (torch.tensor(values).reshape(1, 4, 1, 1) for values in (mean, deviation))
    latents = other.encode_images(images)
    torch.testing.assert_close(
        latents, (tiny.encode_images(images) / factor - shift) * factor / scale
    )
    assert torch.equal(other.decode(latents), tiny.decode(tiny.encode_images(images)))


@pytest.mark.parametrize("upcast", [True, False])
def test_an_autoencoder_that_overflows_in_half_precision_stays_in_full(
    copy: Path, upcast: bool
) -> None:
    _change(copy, "vae/config.json", force_upcast=upcast)
    model = load(copy, device="cpu", dtype=torch.float16)
    assert model.dtype == torch.float16
    assert model.autoencoder.network.dtype == (torch.float32 if upcast else torch.float16)
    # A weight outside of what float16 can hold, once squared in a group norm.
    model.autoencoder.network.post_quant_conv.weight.fill_(1e4)
    shown = model.autoencoder.network.decode(
        torch.ones(1, 4, 8, 8, dtype=model.autoencoder.network.dtype)
    ).sample
    assert bool(shown.isfinite().all()) or not upcast


def test_half_precision_predicts_in_fp32_and_nearly_the_same(
    tiny: Model, tiny_folder: Path
) -> None:
    half = load(tiny_folder, device="cpu", dtype=torch.bfloat16)
    x_t, t = torch.randn(2, *tiny.latent_shape()), torch.tensor(500)
    predicted = half.predict(x_t, t, half.encode(["cat", ""]))
    assert (half.dtype, predicted.dtype) == (torch.bfloat16, torch.float32)
    exact = tiny.predict(x_t, t, tiny.encode(["cat", ""]))
    torch.testing.assert_close(predicted, exact, atol=0.05, rtol=0.05)


def test_conditions_are_indexed_repeated_and_stacked_with_all_their_parts() -> None:
    condition = Condition(torch.arange(6.0).reshape(2, 3, 1), torch.arange(4.0).reshape(2, 2))
    again = Condition.cat([condition[:1], condition[1:]])
    assert again.pooled is not None
    assert condition.pooled is not None
    assert torch.equal(again.hidden, condition.hidden)
    assert torch.equal(again.pooled, condition.pooled)
    repeated = condition[:1].expand(3)
    assert len(repeated) == 3
    assert repeated.pooled is not None
    assert torch.equal(repeated.pooled[2], condition.pooled[0])
