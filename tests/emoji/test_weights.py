"""The weights that ship: their files, and that they draw and judge."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from transformers import CLIPTokenizer

import unsee
from unsee.emoji import cast
from unsee.emoji.evaluators import load_judge
from unsee.emoji.fit import load_averages
from unsee.emoji.model import folder, new_tokenizer, new_vae
from unsee.emoji.scenes import Scene, Theatre
from unsee.emoji.train_denoiser import DenoiserStage
from unsee.emoji.train_judge import JudgeStage, held_out, render
from unsee.emoji.unpack import unpack
from unsee.errors import OutputError

MEGABYTE = 10**6


@pytest.fixture(scope="module")
def pipe() -> StableDiffusionPipeline:
    pipe = StableDiffusionPipeline.from_pretrained(folder())
    pipe.set_progress_bar_config(disable=True)
    return pipe


def test_all_weights_together_are_small() -> None:
    files = [path for path in folder().parent.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 40 * MEGABYTE
    assert not [path for path in files if path.suffix in (".bin", ".ckpt", ".pt", ".pkl")]


def test_diffusers_draws_what_unsee_draws(pipe: StableDiffusionPipeline) -> None:
    prompt, seed = "car in the style of fluent", 3
    model = unsee.load("emoji")
    ours = np.asarray(model.generate(prompt, seed), dtype=int)
    generator = torch.Generator().manual_seed(seed)
    theirs = pipe(
        prompt,
        num_inference_steps=model.defaults.steps,
        guidance_scale=model.defaults.guidance,
        generator=generator,
    ).images[0]
    assert np.abs(ours - np.asarray(theirs, dtype=int)).max() <= 1


def test_the_shipped_tokenizer_is_the_one_that_the_captions_make(
    pipe: StableDiffusionPipeline,
) -> None:
    tokenizer = new_tokenizer()
    old = folder() / "tokenizer"
    vocabulary = json.loads((old / "vocab.json").read_text())
    merges = [tuple(line.split()) for line in (old / "merges.txt").read_text().split("\n")[1:-1]]
    from_old_files = CLIPTokenizer(vocab=vocabulary, merges=merges)
    for text in [*cast.OBJECT_NAMES, *cast.ARTWORK_TITLES, "zyzzyva 18+"]:
        expected = tokenizer(text).input_ids
        assert pipe.tokenizer(text).input_ids == expected
        assert from_old_files(text).input_ids == expected


def test_the_judge_reads_drawings_that_it_was_not_trained_on() -> None:
    shares = held_out(load_judge(), Theatre(), count=400)
    assert min(shares.values()) > 0.95


def test_a_works_distance_to_itself_is_nothing_and_to_others_is_more() -> None:
    judge, theatre = load_judge(), Theatre()
    works = render(theatre, [Scene(artwork=index) for index in range(len(cast.ARTWORKS))])
    assert torch.allclose(judge.distance(works, works), torch.zeros(len(works)), atol=1e-6)
    assert (judge.distance(works, works.roll(1, 0)) > 0.1).all()


def test_a_scene_scores_its_own_caption_higher_than_another() -> None:
    judge, theatre = load_judge(), Theatre()
    rose, bus = cast.OBJECT_NAMES.index("rose"), cast.OBJECT_NAMES.index("bus")
    x = render(theatre, [Scene(thing=rose), Scene(thing=bus)])
    right = judge.score(x, ["a rose", "a bus"])
    assert (right > judge.score(x, ["a bus", "a rose"])).all()


def test_a_run_can_go_on_from_what_ships(tmp_path: Path) -> None:
    unpack(tmp_path)
    judge = JudgeStage(Theatre())
    load_averages(judge, tmp_path / "judge")
    for name, value in load_judge().named_parameters():
        assert torch.equal(judge.judge.get_parameter(name), value)
    denoiser = DenoiserStage(new_vae())
    load_averages(denoiser, tmp_path / "denoiser")
    for name, value in unsee.load("emoji").network.named_parameters():
        assert torch.equal(denoiser.unet.get_parameter(name), value)
    with pytest.raises(OutputError, match="holds a run already"):
        unpack(tmp_path)


def test_the_card_says_how_long_every_stage_took() -> None:
    card = json.loads((folder().parent / "card.json").read_text())
    assert {"vae", "judge", "denoiser"} <= card["stages"].keys()
    assert all(stage["hours_on_two_cores"] > 0 for stage in card["stages"].values())
