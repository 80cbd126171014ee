"""Stable Diffusion XL: two text encoders, and a U-Net that is told the picture's size as well.

XLDenoiser   a UNetDenoiser in all else
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from unsee.denoisers.condition import Condition, Embeddings
from unsee.families.text import TextEncoder
from unsee.families.unet import UNetDenoiser


class XLDenoiser(UNetDenoiser):
    """A Stable Diffusion XL model in parts, all of them frozen and in evaluation mode."""

    # Its pipeline takes the scheduler's settings as they are.
    _mended: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self,
        name: str,
        *,
        tokenizer: Any,
        tokenizer_2: Any,
        text_encoder: Any,
        text_encoder_2: Any,
        force_zeros_for_empty_prompt: bool = True,
        **parts: Any,
    ) -> None:
        super().__init__(name, tokenizer=tokenizer, text_encoder=text_encoder, **parts)
        text_encoder_2.requires_grad_(False).eval()
        # Its pipeline lets both read the padding.
        self.text_encoders = (
            TextEncoder(tokenizer, text_encoder),
            TextEncoder(tokenizer_2, text_encoder_2),
        )
        self._zeros_for_empty = force_zeros_for_empty_prompt

    def read(self, embeddings: Embeddings) -> Condition:
        """Both encoders' last layer but one, side by side, and a pooled vector.

        The empty prompt is ∅: zeros where the checkpoint says so, as those of Stability AI do.
        """
        first, second = self._outputs(embeddings)
        hidden = torch.cat([first.hidden_states[-2], second.hidden_states[-2]], dim=-1)
        pooled = second.text_embeds
        if self._zeros_for_empty:
            empty = embeddings.tokens.empty
            hidden = hidden.masked_fill(empty[:, None, None], 0)
            pooled = pooled.masked_fill(empty[:, None], 0)
        return Condition(hidden, pooled)

    def _added(self, x_t: Tensor, condition: Condition) -> dict[str, Tensor]:
        """Return the pooled prompts, and the size of the picture: of an original, uncropped one."""
        assert condition.pooled is not None
        size = [side * self.autoencoder.factor for side in x_t.shape[-2:]]
        # Size of the original, upper left corner of what was cut from it, size of that.
        times = torch.tensor([*size, 0, 0, *size], dtype=torch.float32, device=x_t.device)
        return {
            "text_embeds": condition.pooled.to(self.dtype),
            "time_ids": times.expand(len(x_t), -1),
        }
