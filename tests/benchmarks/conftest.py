"""What the tests of the benchmarks share."""

from dataclasses import replace

import pytest
from benching import Bench, quick

from unsee.benchmarks.cache import Cache
from unsee.benchmarks.worlds.emoji import Emoji
from unsee.loading import Model


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, quick_emoji: Model) -> Bench:
    """The embedded model, drawing in two steps, and a small part of its world."""
    folder = tmp_path_factory.mktemp("bench")
    emoji = Emoji.of(quick_emoji)
    few = replace(
        emoji,
        artists=emoji.artists[:2],
        subjects=emoji.subjects[:3],
        classes=dict(list(emoji.classes.items())[:2]),
        paraphrases=emoji.paraphrases[:1],
        titles=emoji.titles[:3],
        plain_prompts=2,
    )
    return Bench(quick_emoji, quick(few, folder), Cache(folder / "work"))
