"""How well pictures fit their prompts, as CLIP sees it.

Clip         a CLIP of transformers, with what it needs to read and to look
load_clip    from the hub or a folder
alignments   picture by picture
clip_score   all in one number (Hessel et al. 2021, in the scale of torchmetrics)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from unsee.metrics.evaluators import check_paired, chunks, reading

CLIP = "openai/clip-vit-large-patch14"
"""What torchmetrics takes unless told otherwise."""


@dataclass(frozen=True)
class Clip:
    """A CLIP, with what it needs to read and to look."""

    name: str
    model: Any
    """A transformers.CLIPModel."""
    tokenizer: Any
    processor: Any
    """Its image processor."""


def load_clip(name: str | Path = CLIP, *, device: str | torch.device = "cpu") -> Clip:
    """Load a CLIP, frozen: a hub id, downloaded once, or a folder. Weights are safetensors only.

    Raises:
        CheckpointError: it cannot be had or read.
    """
    from transformers import AutoImageProcessor, AutoTokenizer, CLIPModel

    name = str(name)
    with reading("CLIP", name):
        model = CLIPModel.from_pretrained(name, use_safetensors=True)
        tokenizer = AutoTokenizer.from_pretrained(name)
        # The same pixels whether torchvision is there or not: the two ways of resizing differ.
        processor = AutoImageProcessor.from_pretrained(name, backend="pil")
    return Clip(name, model.eval().requires_grad_(False).to(device), tokenizer, processor)


@torch.no_grad()
def alignments(
    clip: Clip, images: Sequence[Image.Image], prompts: Sequence[str], *, batch_size: int = 32
) -> Tensor:
    """100 times the cosine between each picture and its prompt: (n,), on the CPU.

    Prompts that are too long are cut, and keep the token that ends them.

    Raises:
        OptionError: pictures and prompts cannot be paired, or `batch_size` is below 1.
    """
    check_paired(images, prompts, "prompts")
    cosines = []
    for place, batch in enumerate(chunks(images, batch_size)):
        pixels = clip.processor(images=batch, return_tensors="pt")["pixel_values"]
        words = clip.tokenizer(
            list(prompts[place * batch_size : place * batch_size + len(batch)]),
            padding=True,
            truncation=True,
            max_length=clip.model.config.text_config.max_position_embeddings,
            return_tensors="pt",
        ).to(clip.model.device)
        seen = _embedding(clip.model.get_image_features(pixels.to(clip.model.device)))
        read = _embedding(clip.model.get_text_features(words.input_ids, words.attention_mask))
        cosines.append(F.cosine_similarity(seen, read, dim=1).cpu())
    return 100 * torch.cat(cosines)


def clip_score(
    clip: Clip, images: Sequence[Image.Image], prompts: Sequence[str], *, batch_size: int = 32
) -> float:
    """Mean alignment of pictures with their prompts, 0 where that is less: from 0 to 100.

    Raises:
        OptionError: as `alignments`.
    """
    return max(float(alignments(clip, images, prompts, batch_size=batch_size).mean()), 0.0)


def _embedding(features: Any) -> Tensor:
    """Take the embedding out of what transformers 5 returns; 4 returned it as it is."""
    vectors: Tensor = getattr(features, "pooler_output", features)
    return vectors
