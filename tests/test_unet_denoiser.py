"""The U-Net denoiser: parity with the pipeline of diffusers, and the edges of the seam."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import PNDMScheduler, StableDiffusionPipeline
from PIL import Image

from unsee.denoisers.base import Condition
from unsee.errors import CheckpointError, ConceptError, OptionError, UnknownName
from unsee.loading import Model, load


@pytest.fixture(params=["tiny_folder", "tiny_v_folder"])
def folder(request: pytest.FixtureRequest, one_thread: None) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


def _pipeline(folder: Path) -> StableDiffusionPipeline:
    pipeline = StableDiffusionPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.mark.parametrize("negative", [None, "dog"])
def test_pictures_are_those_of_the_diffusers_pipeline(folder: Path, negative: str | None) -> None:
    theirs = _pipeline(folder)(
        "a cat",
        num_inference_steps=7,
        guidance_scale=5.0,
        negative_prompt=negative,
        generator=torch.Generator().manual_seed(11),
    ).images[0]
    ours = load(folder, device="cpu").generate(
        "a cat", 11, steps=7, guidance=5.0, negative=negative
    )
    assert isinstance(ours, Image.Image)
    difference = np.asarray(ours, dtype=int) - np.asarray(theirs, dtype=int)
    assert abs(difference).max() <= 1


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
        with pytest.raises(OptionError, match=f"--{option} must be a multiple of 2, not 15"):
            tiny.latent_shape(**{option: 15})


def test_decoding_undoes_encoding_up_to_the_autoencoder(tiny: Model) -> None:
    latents = tiny.encode_images(torch.zeros(2, 3, 16, 16))
    assert latents.shape == (2, *tiny.latent_shape())
    pictures = tiny.decode(latents)
    assert (pictures.dtype, tuple(pictures.shape)) == (torch.uint8, (2, 16, 16, 3))


def test_a_scheduler_is_fresh_each_time_and_of_the_kind_asked_for(tiny: Model) -> None:
    first = tiny.make_scheduler(5)
    assert isinstance(first, PNDMScheduler)
    assert tiny.make_scheduler(5) is not first
    ddim = tiny.make_scheduler(5, "ddim")
    assert ddim.timesteps.tolist() == [801, 601, 401, 201, 1]
    assert not ddim.config.clip_sample
    with pytest.raises(UnknownName, match="sampler"):
        tiny.make_scheduler(5, "dddim")
    with pytest.raises(OptionError, match="1001 sampler steps"):
        tiny.make_scheduler(1001)


def test_settings_of_old_checkpoints_are_mended_as_the_pipeline_mends_them(tiny: Model) -> None:
    old = PNDMScheduler(skip_prk_steps=True, steps_offset=0)
    parts = {"tokenizer": tiny._tokenizer, "text_encoder": tiny._text_encoder, "vae": tiny._vae}
    model = Model("old", unet=tiny.network, scheduler=old, **parts)
    assert model.make_scheduler(5).config.steps_offset == 1


def test_a_prediction_type_that_is_not_supported_is_an_error(tiny: Model) -> None:
    odd = PNDMScheduler(prediction_type="sample")
    parts = {"tokenizer": tiny._tokenizer, "text_encoder": tiny._text_encoder, "vae": tiny._vae}
    with pytest.raises(CheckpointError, match="'sample'"):
        Model("odd", unet=tiny.network, scheduler=odd, **parts)


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
