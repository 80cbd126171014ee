"""What a prompt is to a model, in three steps, each of which can be taken on its own.

Tokens       words as numbers, a table for each text encoder
Embeddings   a vector for each token, before the text encoders have read them
Condition    what the denoiser reads

    tokens = model.tokenize(["a cat", ""])
    embeddings = model.embed(tokens)      # differentiable from here on
    condition = model.read(embeddings)
    condition = model.encode(["a cat", ""])   # the same, without gradient

Whoever looks for a prompt optimises tokens, vectors or what is read of them; a phrase that nobody
can type is an Embeddings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Tokens:
    """Prompts as numbers, padded or cut off to what the text encoders take."""

    ids: tuple[Tensor, ...]
    """For each text encoder (rows, tokens): numbers of its vocabulary."""
    masks: tuple[Tensor | None, ...]
    """For each text encoder (rows, tokens): 0 where padding is hidden; None where none is."""
    empty: Tensor
    """(rows,) bool: which prompts are ∅."""

    def __len__(self) -> int:
        return len(self.empty)


@dataclass(frozen=True)
class Embeddings:
    """Prompts as vectors."""

    tokens: Tokens
    """Where each prompt ends, and what is padding: vectors do not say it."""
    vectors: tuple[Tensor, ...]
    """For each text encoder (rows, tokens, width): of the tokens alone, without their places."""

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Condition:
    """Prompts as the denoiser reads them."""

    hidden: Tensor
    """(rows, tokens, width): what attention reads."""
    pooled: Tensor | None = None
    """(rows, width): one vector per prompt, for families that use one."""

    def __len__(self) -> int:
        return len(self.hidden)

    def __getitem__(self, rows: slice | Tensor) -> "Condition":
        pooled = None if self.pooled is None else self.pooled[rows]
        return Condition(self.hidden[rows], pooled)

    def expand(self, rows: int) -> "Condition":
        """Repeat a single row."""
        pooled = None if self.pooled is None else self.pooled.expand(rows, -1)
        return Condition(self.hidden.expand(rows, -1, -1), pooled)

    @staticmethod
    def cat(parts: "Sequence[Condition]") -> "Condition":
        """Put the rows of several conditions below each other."""
        pooled = [part.pooled for part in parts if part.pooled is not None]
        return Condition(
            torch.cat([part.hidden for part in parts]),
            torch.cat(pooled) if pooled else None,
        )
