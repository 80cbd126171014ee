"""Stable Diffusion XL: two text encoders, and a U-Net that is told the picture's size as well.

XLDenoiser   a UNetDenoiser in all else
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from unsee.denoisers.base import Condition
from unsee.families.text import ClipText
from unsee.families.unet import UNetDenoiser


class XLDenoiser(UNetDenoiser):
    """A Stable Diffusion XL model in parts, all of them frozen and in evaluation mode."""

    family = "xl"
    # Its pipeline takes the scheduler's settings as they are.
    _mended: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self,
        name: str,
        *,
        tokenizer_2: Any,
        text_encoder_2: Any,
        force_zeros_for_empty_prompt: bool = True,
        **parts: Any,
    ) -> None:
        super().__init__(name, **parts)
        self._tokenizer_2 = tokenizer_2
        self._text_encoder_2 = text_encoder_2.requires_grad_(False).eval()
        self._text_2 = ClipText(tokenizer_2, text_encoder_2)
        self._zeros_for_empty = force_zeros_for_empty_prompt

    def check_phrase(self, phrase: str) -> None:
        """Raise a ConceptError unless both text encoders read all of it, and read something."""
        super().check_phrase(phrase)
        self._text_2.check(phrase)

    @torch.no_grad()
    def encode(self, prompts: Sequence[str]) -> Condition:
        """Encode prompts: both encoders' last layer but one, side by side, and a pooled vector.

        The empty prompt is ∅: zeros where the checkpoint says so, as those of Stability AI do.
        """
        first, second = self._text.encode(prompts), self._text_2.encode(prompts)
        hidden = torch.cat([first.hidden_states[-2], second.hidden_states[-2]], dim=-1)
        pooled = second.text_embeds
        if self._zeros_for_empty:
            empty = torch.tensor([not prompt for prompt in prompts], device=hidden.device)
            hidden[empty], pooled[empty] = 0, 0
        return Condition(hidden, pooled)

    def _added(self, x_t: Tensor, condition: Condition) -> dict[str, Tensor]:
        """Return the pooled prompts, and the size of the picture: of an original, uncropped one."""
        assert condition.pooled is not None
        size = [side * self._factor for side in x_t.shape[-2:]]
        # Size of the original, upper left corner of what was cut from it, size of that.
        times = torch.tensor([*size, 0, 0, *size], dtype=torch.float32, device=x_t.device)
        return {
            "text_embeds": condition.pooled.to(self.dtype),
            "time_ids": times.expand(len(x_t), -1),
        }
