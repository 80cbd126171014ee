"""CLIP scores on a tiny random CLIP, against torchmetrics and against what must hold."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTextConfig,
    CLIPTokenizer,
    CLIPVisionConfig,
)

from unsee.errors import OptionError
from unsee.metrics.align import Clip, alignments, clip_score, load_clip

PROMPTS = ["cat", "a dog on a dog", "dog", "cat cat cat", "quick brown fox"]


@pytest.fixture(scope="module")
def folder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP of the real architecture, random weights."""
    folder = tmp_path_factory.mktemp("clip")
    tokenizer = CLIPTokenizer.from_pretrained(tiny_folder / "tokenizer")
    layers = {"num_hidden_layers": 2, "num_attention_heads": 4}
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=37,
        max_position_embeddings=tokenizer.model_max_length,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **layers,
    )
    vision = CLIPVisionConfig(
        hidden_size=32, intermediate_size=37, image_size=32, patch_size=8, **layers
    )
    config = CLIPConfig(
        text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=16
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        CLIPModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    sides = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    CLIPImageProcessorPil(**sides).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def clip(folder: Path) -> Clip:
    return load_clip(folder)


def _pictures() -> list[Image.Image]:
    chance = np.random.default_rng(0)
    coarse = chance.integers(0, 256, (len(PROMPTS), 4, 5, 3), dtype=np.uint8)
    return [Image.fromarray(one).resize((50, 40), Image.Resampling.BICUBIC) for one in coarse]


class _Unwrapped(torch.nn.Module):
    """A CLIP that returns embeddings as transformers 4 did, which torchmetrics 1.9 expects."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model, self.config = model, model.config

    def get_image_features(self, *inputs: torch.Tensor) -> torch.Tensor:
        found = self.model.get_image_features(*inputs)
        return getattr(found, "pooler_output", found)

    def get_text_features(self, *inputs: torch.Tensor) -> torch.Tensor:
        found = self.model.get_text_features(*inputs)
        return getattr(found, "pooler_output", found)


def _process(clip: Clip) -> Any:
    def process(images: Any = None, text: Any = None, **options: Any) -> Any:
        if text is not None:
            return clip.tokenizer(text, **options)
        return clip.processor(images=images, return_tensors="pt")

    return process


def test_it_is_the_score_of_torchmetrics(clip: Clip) -> None:
    theirs = pytest.importorskip("torchmetrics.functional.multimodal").clip_score
    pictures = _pictures()
    tensors = [torch.from_numpy(np.asarray(one).copy()).permute(2, 0, 1) for one in pictures]
    ours = alignments(clip, pictures, PROMPTS)
    assert float(ours.std()) > 1

    def score(start: int, stop: int) -> float:
        answer = theirs(
            tensors[start:stop],
            PROMPTS[start:stop],
            model_name_or_path=lambda: (_Unwrapped(clip.model), _process(clip)),
        )
        return float(answer)

    assert clip_score(clip, pictures, PROMPTS) == pytest.approx(score(0, 5), abs=1e-4)
    for place, alignment in enumerate(ours.tolist()):
        assert max(alignment, 0.0) == pytest.approx(score(place, place + 1), abs=1e-4)


def test_how_many_are_looked_at_at_once_does_not_matter(clip: Clip) -> None:
    together = alignments(clip, _pictures(), PROMPTS)
    for batch_size in (1, 2):
        apart = alignments(clip, _pictures(), PROMPTS, batch_size=batch_size)
        assert torch.allclose(apart, together, atol=1e-4)


def test_a_score_below_0_is_0(clip: Clip) -> None:
    pictures = _pictures()
    crossed = [(one, word) for one in pictures for word in PROMPTS]
    against = [pair for pair in crossed if alignments(clip, [pair[0]], [pair[1]])[0] < 0]
    assert against
    assert clip_score(clip, *map(list, zip(*against, strict=True))) == 0.0


def test_a_prompt_that_is_too_long_is_cut_and_still_ends(clip: Clip) -> None:
    picture = _pictures()[:1]
    long = alignments(clip, picture, ["cat " * 100])
    # 16 tokens, of which one starts and one ends the prompt.
    assert torch.allclose(long, alignments(clip, picture, ["cat " * 14]), atol=1e-4)


def test_the_loaded_model_is_frozen_and_pictures_may_be_grey(clip: Clip) -> None:
    assert not any(weights.requires_grad for weights in clip.model.parameters())
    assert alignments(clip, [Image.new("L", (40, 40), 90)], ["cat"]).shape == (1,)


def test_pictures_without_prompts_are_refused(clip: Clip) -> None:
    with pytest.raises(OptionError, match="5 pictures and 4 prompts; give one for each picture"):
        alignments(clip, _pictures(), PROMPTS[:4])
    with pytest.raises(OptionError, match="0 pictures and 0 prompts"):
        clip_score(clip, [], [])
    with pytest.raises(OptionError, match="batch_size 0 is below 1"):
        alignments(clip, _pictures(), PROMPTS, batch_size=0)
