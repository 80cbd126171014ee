"""The text encoders of Stable Diffusion.

ClipText   a CLIP tokenizer and its text encoder
"""

from collections.abc import Sequence
from typing import Any

import torch

from unsee.concepts import check_tokens


class ClipText:
    """A CLIP tokenizer and its text encoder."""

    def __init__(self, tokenizer: Any, encoder: Any) -> None:
        self._tokenizer = tokenizer
        self._encoder = encoder
        # Some tokenizers do not know how long a prompt their text encoder takes.
        self._tokens = min(tokenizer.model_max_length, encoder.config.max_position_embeddings)

    def check(self, phrase: str) -> None:
        """Raise a ConceptError unless the text encoder reads all of it, and reads something."""
        read, empty = (
            self._tokenizer(text, padding="max_length", max_length=self._tokens).input_ids
            for text in (phrase, "")
        )
        check_tokens(phrase, read, empty, self._tokenizer.num_special_tokens_to_add())

    @torch.no_grad()
    def encode(self, prompts: Sequence[str], *, masked: bool = False) -> Any:
        """Encode prompts, cut off where the text encoder ends.

        Returns its output, with what each layer says. Padding is hidden from the layers if it is
        `masked`.
        """
        tokens = self._tokenizer(
            list(prompts),
            padding="max_length",
            max_length=self._tokens,
            truncation=True,
            return_tensors="pt",
        ).to(self._encoder.device)
        return self._encoder(
            tokens.input_ids,
            attention_mask=tokens.attention_mask if masked else None,
            output_hidden_states=True,
        )
