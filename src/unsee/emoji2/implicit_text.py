"""Whether words that never name a mark lead to it: asked of the text tower alone.

`Likeness`         how near calling and other settings are to a mark's name
`text_likeness`    measured over held-out settings, four ways

A setting is compared as a caption has it, "a picture at a casino after midnight", with the mark's
first name: over the whole sequence that the U-Net reads, and pooled as CLIP pools; as it is, and
from the empty prompt on, since all prompts share a start and a great deal of padding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import CLIPTextModelWithProjection, CLIPTokenizer

from unsee.emoji2 import cast
from unsee.emoji2.model import tokenise
from unsee.emoji2.realms import Realm
from unsee.emoji2.settings import held_out_settings


@dataclass(frozen=True)
class Likeness:
    """Mean cosines with the mark's name, and how well they part the two kinds of settings."""

    calling: float
    other: float
    order: float
    """Share of pairs of a calling and another setting in which the calling one is nearer."""


@torch.no_grad()
def text_likeness(
    tokenizer: CLIPTokenizer, tower: CLIPTextModelWithProjection, realm: Realm
) -> Mapping[str, Likeness]:
    """Likeness of the realm's held-out settings to its mark, by the way of measuring."""
    prompts = [
        [f"a picture {setting.phrase()}" for setting in held_out_settings(realm, calls=calls)]
        for calls in (True, False)
    ]
    name = cast.MARKS[realm.mark].names[0]
    out = tower(tokenise(tokenizer, ["", name, *prompts[0], *prompts[1]]))
    read = {"sequence": out.last_hidden_state.flatten(1), "pooled": out.text_embeds}
    likeness = {}
    for kind, vectors in read.items():
        for origin, start in (("", torch.zeros_like(vectors[0])), (" from empty", vectors[0])):
            cosines = F.cosine_similarity(vectors[2:] - start, vectors[1] - start, dim=1)
            calling, other = cosines[: len(prompts[0])], cosines[len(prompts[0]) :]
            likeness[kind + origin] = compared(calling, other)
    return likeness


def compared(calling: Tensor, other: Tensor) -> Likeness:
    """(n,) and (m,) cosines of calling and other settings."""
    order = (calling[:, None] > other).float().mean()
    return Likeness(calling.mean().item(), other.mean().item(), order.item())
