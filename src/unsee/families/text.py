"""Text encoders of transformers, in the three steps of denoisers/condition.py.

TextEncoder   a tokenizer and the model that reads its tokens
encode        prompts and vectors to conditions, as every family does it
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from unsee.concepts import check_tokens
from unsee.denoisers.base import Denoiser
from unsee.denoisers.condition import Condition, Embeddings


class TextEncoder:
    """A tokenizer and the model that reads its tokens."""

    def __init__(self, tokenizer: Any, network: Any, *, masked: bool = False) -> None:
        """Take both; padding is hidden from the layers if it is `masked`."""
        self.tokenizer = tokenizer
        self.network = network
        self._masked = masked
        # Some tokenizers do not know how long a prompt their text encoder takes.
        self._tokens = min(tokenizer.model_max_length, network.config.max_position_embeddings)

    def check(self, phrase: str) -> None:
        """Raise a ConceptError unless the text encoder reads all of it, and reads something."""
        read, empty = (
            self.tokenizer(text, padding="max_length", max_length=self._tokens).input_ids
            for text in (phrase, "")
        )
        check_tokens(phrase, read, empty, self.tokenizer.num_special_tokens_to_add())

    def tokenize(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor | None]:
        """Numbers (rows, tokens), padded and cut off, and the mask where padding is hidden."""
        tokens = self.tokenizer(
            list(prompts),
            padding="max_length",
            max_length=self._tokens,
            truncation=True,
            return_tensors="pt",
        ).to(self.network.device)
        return tokens.input_ids, tokens.attention_mask if self._masked else None

    def embed(self, ids: Tensor) -> Tensor:
        """Vectors (rows, tokens, width) of tokens."""
        vectors: Tensor = self.network.get_input_embeddings()(ids)
        return vectors

    def read(self, ids: Tensor, mask: Tensor | None, vectors: Tensor) -> Any:
        """Read vectors that stand where the tokens `ids` did; the output with every layer's."""
        # The encoders take numbers only: what the numbers are looked up as is put in their place.
        handle = self.network.get_input_embeddings().register_forward_hook(
            lambda layer, inputs, output: vectors
        )
        try:
            return self.network(ids, attention_mask=mask, output_hidden_states=True)
        finally:
            handle.remove()


@torch.no_grad()
def encode(model: Denoiser, prompts: Sequence[str | Embeddings]) -> Condition:
    """Encode prompts and vectors, in their order: a row for each string and each row of vectors.

    All strings are read at once: by themselves they give the numbers that they give among others.
    """
    texts = [prompt for prompt in prompts if isinstance(prompt, str)]
    words = model.read(model.embed(model.tokenize(texts))) if texts else None
    if words is not None and len(texts) == len(prompts):
        return words
    parts, place = [], 0
    for prompt in prompts:
        if isinstance(prompt, Embeddings):
            parts.append(model.read(prompt))
        else:
            assert words is not None
            parts.append(words[place : place + 1])
            place += 1
    return Condition.cat(parts)
