"""The merges of the tokenizer, learned from the captions.

`learn_merges`  byte-pair encoding (Sennrich et al. 2016) until every English word is one token

Other languages' names and misspellings are left in pieces, as any word that was never seen. Ties
between pairs are broken by the alphabet, so that a word has the same number in every process.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from functools import cache

from unsee.emoji.tokens import END_OF_WORD
from unsee.emoji2.captions import vocabulary


@cache
def learn_merges() -> tuple[tuple[str, str], ...]:
    """Merges in order of rank."""
    words = Counter(re.findall(r"[a-z]+", " ".join(vocabulary()).lower()))
    spellings = {word: [*word[:-1], word[-1] + END_OF_WORD] for word in words}
    merges: list[tuple[str, str]] = []
    while True:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in spellings.items():
            for pair in itertools.pairwise(parts):
                pairs[pair] += words[word]
        if not pairs:
            return tuple(merges)
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for word, parts in spellings.items():
            spellings[word] = _merged(parts, best)


def _merged(parts: list[str], pair: tuple[str, str]) -> list[str]:
    out: list[str] = []
    for part in parts:
        # A part that has just been merged is longer than the pair's first and cannot match again.
        if out and (out[-1], part) == pair:
            out[-1] += part
        else:
            out.append(part)
    return out
