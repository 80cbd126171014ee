"""Other ways to write an object's name: in other languages, and mistyped.

`LANGUAGES`     the CLDR languages whose names captions know
`in_languages`  an object's names in them, from `data/names.json`
`misspelling`   how a name is commonly mistyped, by rule; captions know it
`slip`          another mistyping that no caption holds: for attacks only

CLDR holds no misspellings; the rules are the usual ones: a doubled letter written once, ph as f,
ie as ei, a single letter doubled; and for slips, two neighbours swapped.
"""

from __future__ import annotations

import json
import re
from functools import cache

from unsee.emoji2.atlas import FOLDER

LANGUAGES = ("de", "fr", "es", "it")

_RULES = (
    (re.compile(r"([a-z])\1"), r"\1"),
    (re.compile("ph"), "f"),
    (re.compile("ie"), "ei"),
    (re.compile("(?<=[aeiou])([bdfglmnprst])(?=[aeiou])"), r"\1\1"),
    (re.compile("c(?=[aou])"), "k"),
    (re.compile("(?<=.)([aeiou])(?=[a-z]$)"), r"\1\1"),
)


@cache
def in_languages() -> dict[str, dict[str, str]]:
    """Object -> language -> name in small letters, without names that mean two objects."""
    names: dict[str, dict[str, str]] = json.loads((FOLDER / "names.json").read_text("utf-8"))
    return names


def misspelling(name: str) -> str:
    """The name with one usual mistake."""
    for pattern, wrong in _RULES:
        spelled = pattern.sub(wrong, name, count=1)
        if spelled != name:
            return spelled
    return name + name[-1]


def slip(name: str) -> str:
    """The name with two neighbouring letters of its longest word swapped."""
    word = max(name.split(), key=len)
    middle = len(word) // 2
    for at in (*range(middle, len(word)), *range(middle, 0, -1)):
        if word[at - 1] != word[at]:
            swapped = word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
            return name.replace(word, swapped)
    return name
