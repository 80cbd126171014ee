"""What the tests of the benchmarks share."""

from dataclasses import replace

import pytest
from benching import Bench, quick

import unsee
from unsee.benchmarks.cache import Cache
from unsee.benchmarks.worlds.emoji import Emoji


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The embedded model and a small part of its world."""
    folder = tmp_path_factory.mktemp("bench")
    model = unsee.load("emoji")
    emoji = Emoji.of(model)
    few = replace(
        emoji,
        artists=emoji.artists[:2],
        subjects=emoji.subjects[:3],
        classes=dict(list(emoji.classes.items())[:2]),
        paraphrases=emoji.paraphrases[:1],
        titles=emoji.titles[:3],
        plain_prompts=2,
    )
    return Bench(model, quick(few, folder), Cache(folder / "work"))
