"""What the student is taught: when asked for this, predict that.

Lesson    one lesson in words
Lessons   an index table over the phrases that occur in lessons, encoded once
lessons_of   concepts and settings -> lessons in words
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from unsee.concepts import Concept
from unsee.denoisers.base import Denoiser
from unsee.denoisers.condition import Condition, Embeddings
from unsee.erasing.config import EraseConfig

Phrase = str | Embeddings
"""Words, or vectors in their place (one row) that nobody can type."""

NULL: Phrase = ""
"""∅."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """When asked for `prompt`, predict ε(start) − η [mean ε(concepts) − ε(null)]."""

    prompt: Phrase
    """What the student is asked for, and what trajectories are sampled under."""
    concepts: tuple[Phrase, ...]
    """c; of several, the mean of their predictions."""
    null: Phrase
    """What the concept is told from: ∅, or the context that the concept was added to."""
    start: Phrase
    """Where the target starts; a prompt to preserve is its own start, with η = 0."""
    eta: float
    weight: float = 1.0
    """What its loss counts."""
    concept: int | None = None
    """Number of the concept that it erases; None where it preserves."""


@dataclass(frozen=True)
class Lessons:
    """Lessons as rows of an index table, those that erase first."""

    phrases: Condition
    """Every distinct phrase, ∅ first."""
    prompt: Tensor
    """(rows,): indices into `phrases`, as are the three below."""
    concept: Tensor
    """(rows, concepts)"""
    null: Tensor
    """(rows,)"""
    start: Tensor
    """(rows,)"""
    eta: Tensor
    """(rows,)"""
    weight: Tensor
    """(rows,)"""
    number: Tensor
    """(rows,): of the concept that the row erases; -1 where it preserves."""

    @classmethod
    def encode(cls, denoiser: Denoiser, lessons: Sequence[Lesson]) -> "Lessons":
        """Encode lessons; those that erase have to come first, each of as many concepts.

        Raises:
            ConceptError: the model cannot read one of the phrases.
        """
        places: dict[Phrase, int] = {NULL: 0}
        columns: list[list[int]] = []
        for lesson in lessons:
            row = (lesson.prompt, *lesson.concepts, lesson.null, lesson.start)
            columns.append([places.setdefault(phrase, len(places)) for phrase in row])
        for phrase in list(places)[1:]:
            if isinstance(phrase, str):
                denoiser.check_phrase(phrase)
        device = denoiser.device
        table = torch.tensor(columns, device=device)
        return cls(
            phrases=denoiser.encode(list(places)),
            prompt=table[:, 0],
            concept=table[:, 1:-2],
            null=table[:, -2],
            start=table[:, -1],
            eta=torch.tensor([lesson.eta for lesson in lessons], device=device),
            weight=torch.tensor([lesson.weight for lesson in lessons], device=device),
            number=torch.tensor(
                [-1 if lesson.concept is None else lesson.concept for lesson in lessons],
                device=device,
            ),
        )

    def __len__(self) -> int:
        return len(self.prompt)

    def prompts(self, lesson: Tensor) -> Condition:
        """What the student is asked for in some rows."""
        return self.phrases[self.prompt[lesson]]

    def of_trajectories(self, numbers: Tensor) -> Tensor:
        """Which row each trajectory is for: all in turn, erasing and preserving by halves."""
        erasing = int((self.number >= 0).sum())
        preserving = len(self) - erasing
        if not preserving:
            return numbers % erasing
        half = numbers // 2
        return torch.where(numbers % 2 == 0, half % erasing, erasing + half % preserving)


def lessons_of(concepts: Sequence[Concept], config: EraseConfig) -> list[Lesson]:
    """What ESD teaches of concepts under these settings."""
    lessons = []
    for number, concept in enumerate(concepts):
        for phrase in concept.phrases:
            prompt = concept.erase_from or phrase
            start = NULL if prompt == phrase else prompt
            lessons.append(Lesson(prompt, (phrase,), NULL, start, config.eta, concept=number))
            for context in config.contexts:
                placed = context.replace("{}", phrase)
                plain = " ".join(context.replace("{}", "").split())
                lessons.append(Lesson(placed, (placed,), plain, plain, config.eta, concept=number))
    lessons += [
        Lesson(prompt, (prompt,), NULL, prompt, 0.0, config.preserve_weight)
        for prompt in config.preserve
    ]
    return lessons
