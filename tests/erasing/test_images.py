"""Source `images`: latents of given pictures under noise, and erasing those very pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import unsee
from unsee.concepts import Concept
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import EraseStep, erase
from unsee.erasing.images import picture_hashes, prepare_pictures
from unsee.erasing.latents import noised
from unsee.erasing.lessons import Lessons, lessons_of
from unsee.errors import CheckpointError, OptionError
from unsee.loading import Model
from unsee.pictures.reading import read_pictures
from unsee.weights.erased import ErasedWeights

CONFIG = EraseConfig(source="images", steps=4, sampler_steps=4, batch=2, lr=1e-3, method="esd-x")


def _picture(seed: int, size: tuple[int, int] = (40, 24)) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_each_row_is_its_own_concepts_picture_under_noise_of_its_timestep(tiny: Model) -> None:
    concepts = [Concept("cat"), Concept("dog")]
    lessons = Lessons.encode(tiny, lessons_of(concepts, CONFIG))
    lesson = torch.tensor([0, 1] * 200)
    pictures = [torch.full((1, *tiny.latent_shape()), value) for value in (5.0, -5.0)]
    sample = noised(tiny, lessons, lesson, pictures, CONFIG, torch.Generator().manual_seed(0))
    schedule = tiny.schedule(4, "ddim")
    steps = [schedule.timesteps.tolist().index(t) for t in sample.t.tolist()]
    alpha, sigma = (
        torch.tensor([level(i) for i in steps]).view(-1, 1, 1, 1)
        for level in (schedule.alpha, schedule.sigma)
    )
    clean = torch.cat([pictures[row] for row in lesson.tolist()])
    noise = (sample.x_t - alpha * clean) / sigma
    assert abs(float(noise.mean())) < 0.02
    assert abs(float(noise.std()) - 1) < 0.02
    assert set(sample.t.tolist()) == set(schedule.timesteps.tolist())


def test_the_predictions_are_those_of_the_original_at_these_latents(tiny: Model) -> None:
    lessons = Lessons.encode(tiny, lessons_of([Concept("cat")], CONFIG))
    pictures = [torch.randn(3, *tiny.latent_shape())]
    lesson = torch.tensor([0, 0, 0])
    sample = noised(tiny, lessons, lesson, pictures, CONFIG, torch.Generator().manual_seed(0))
    for row in range(3):
        own = slice(row, row + 1)
        for prompt, eps in (("cat", sample.eps_c), ("", sample.eps_null)):
            asked = tiny.predict(sample.x_t[own], sample.t[row], tiny.encode([prompt]))
            torch.testing.assert_close(eps[own], asked, rtol=1e-4, atol=1e-5)


def test_pictures_are_cut_to_the_models_shape(tiny: Model) -> None:
    images = [_picture(0), _picture(1)]
    pictures = prepare_pictures(tiny, [Concept("cat")], CONFIG, images)
    assert [tuple(latents.shape) for latents in pictures] == [(2, *tiny.latent_shape())]
    assert len(set(picture_hashes(tiny, images))) == 2
    apart = prepare_pictures(tiny, [Concept("cat"), Concept("dog")], CONFIG, images)
    assert torch.equal(torch.cat(apart), pictures[0])


def test_an_erasure_of_pictures_resumes_and_its_header_names_them(
    tiny: Model, tmp_path: Path
) -> None:
    images = [_picture(0)]
    whole = erase(tiny, "cat", CONFIG, images=images)
    state = tmp_path / "state"

    def interrupt(done: EraseStep) -> None:
        if done.step == 2:
            raise KeyboardInterrupt

    with pytest.raises(unsee.errors.Stopped):
        erase(tiny, "cat", CONFIG, images=images, checkpoint=state, progress=interrupt)
    with pytest.raises(CheckpointError, match="images 1"):
        erase(tiny, "cat", CONFIG, images=[_picture(9)], checkpoint=state)
    resumed = erase(tiny, "cat", CONFIG, images=images, checkpoint=state)
    assert whole.tensors.keys() == resumed.tensors.keys()
    assert all(torch.equal(value, resumed.tensors[name]) for name, value in whole.tensors.items())
    resumed.save(tmp_path / "erased.safetensors")
    assert ErasedWeights.load(tmp_path / "erased.safetensors").provenance == whole.provenance
    assert len(whole.provenance.images) == 1


@pytest.mark.parametrize(
    ("source", "images", "message"),
    [
        ("images", 0, "name them by images"),
        ("edited", 1, "images are for source images"),
        ("images", 3, "2 concepts but 3 images"),
    ],
)
def test_pictures_and_source_go_together(
    tiny: Model, source: str, images: int, message: str
) -> None:
    config = EraseConfig(source=source, steps=1)
    with pytest.raises(OptionError, match=message):
        erase(tiny, ["cat", "dog"], config, images=[_picture(0)] * images)


def test_preserving_needs_sampled_latents() -> None:
    with pytest.raises(OptionError, match="preserve"):
        EraseConfig(source="images", preserve=("dog",))


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    _picture(0).save(path)
    assert read_pictures([path])[0].size == (40, 24)
    path.write_bytes(path.read_bytes()[:80])
    for broken in (path, tmp_path / "missing.png"):
        with pytest.raises(OptionError, match=broken.name):
            read_pictures([broken])


def test_pictures_are_read_as_they_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    half = Image.new("LA", (4, 4), (0, 128))
    grey = Image.fromarray(np.full((4, 4), 40000, dtype=np.uint16))
    for expected, image in ((255, hidden), (127, half), (156, grey)):
        image.save(tmp_path / "one.png")
        (read,) = read_pictures([tmp_path / "one.png"])
        assert read.mode == "RGB"
        assert read.getpixel((0, 0)) == (expected,) * 3
    Image.new("F", (4, 4)).save(tmp_path / "float.tif")
    with pytest.raises(OptionError, match="float.tif: it has 32 bits a value"):
        read_pictures([tmp_path / "float.tif"])
    # A large scan is no attack, and nothing to warn of.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert read_pictures([tmp_path / "one.png"])[0].size == (4, 4)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 7)
    with pytest.raises(OptionError, match="exceeds limit"):
        read_pictures([tmp_path / "one.png"])
