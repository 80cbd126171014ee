"""What to erase, and whether the model can read it.

Concept        a phrase, what to erase it from, and other names for it
as_concepts    one or several, each a str or a Concept -> Concepts
title          Concepts in a line
slug           a phrase -> a file name
check_tokens   refuse a phrase that the text encoder reads as nothing, or reads only in part
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from unsee.errors import ConceptError

_SLUG_LENGTH = 60
"""In UTF-8 at most 240 bytes: with an extension still a file name on every system."""


@dataclass(frozen=True)
class Concept:
    """A concept, in the words that people ask for it."""

    phrase: str
    """What to erase, such as "Van Gogh"."""
    erase_from: str | None = None
    """Change only what the model draws for this phrase: it keeps everything but the concept."""
    synonyms: tuple[str, ...] = ()
    """More phrases that shall lose the concept; trained in turn with the first."""

    def __post_init__(self) -> None:
        """Refuse phrases without words."""
        for phrase in (*self.phrases, *([] if self.erase_from is None else [self.erase_from])):
            # Neither blanks nor characters that nobody sees, such as a zero-width space.
            if not any(char.isprintable() and not char.isspace() for char in phrase):
                raise ConceptError("the concept is empty; name it, for instance 'Van Gogh'")

    @property
    def phrases(self) -> tuple[str, ...]:
        """All phrases that name the concept."""
        return (self.phrase, *self.synonyms)


def as_concepts(concepts: str | Concept | Sequence[str | Concept]) -> tuple[Concept, ...]:
    """Take a bare phrase for a concept, and one concept for a list of one.

    Raises:
        ConceptError: the list is empty, or has a concept twice.
    """
    several = [concepts] if isinstance(concepts, (str, Concept)) else list(concepts)
    made = tuple(Concept(one) if isinstance(one, str) else one for one in several)
    if not made:
        raise ConceptError("there is no concept in the list; name one, for instance 'Van Gogh'")
    for number, concept in enumerate(made):
        if concept in made[:number]:
            raise ConceptError(f"{concept.phrase!r} is in the list twice; name it once")
    return made


def title(concepts: Sequence[Concept]) -> str:
    """Name concepts in a line: 'cat' from 'pet', 'dog'."""
    words = []
    for concept in concepts:
        where = "" if concept.erase_from is None else f" from {concept.erase_from!r}"
        words.append(repr(concept.phrase) + where)
    return ", ".join(words)


def slug(phrase: str) -> str:
    """Turn a phrase into a file name without extension: "Van Gogh" -> "van-gogh"."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", phrase).casefold())
    name = "-".join(words)[:_SLUG_LENGTH].rstrip("-")
    return name or f"concept-{hashlib.sha256(phrase.encode()).hexdigest()[:8]}"


def check_tokens(phrase: str, ids: Sequence[int], empty: Sequence[int], special: int) -> None:
    """Raise a ConceptError unless the text encoder reads all of `phrase`, and reads something.

    `ids` and `empty` are the tokens of the phrase and of the empty prompt, padded to what the
    text encoder takes and not cut off there; `special` of them mark the start and the end.
    """
    limit = len(empty)
    if len(ids) > limit:
        raise ConceptError(
            f"the concept has {len(ids) - special} tokens, but only {limit - special} fit into "
            f"this model's text encoder; shorten {phrase!r}"
        )
    # Of the marks of start, end and padding, which also have names that can be typed, any number.
    if set(ids) <= set(empty):
        raise ConceptError(
            f"this model reads {phrase!r} as the empty prompt: "
            "none of it is in its vocabulary; use other words"
        )
