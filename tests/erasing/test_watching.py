"""Drawing with the student while it is trained: it is the student, and nothing comes of it."""

from typing import Any

import pytest
from PIL import Image

from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import EraseStep, erase
from unsee.loading import Model
from unsee.sampling.draw import generate


def _drawn(model: Model) -> list[Image.Image]:
    return generate(model, ["cat"], [0], steps=2)


@pytest.mark.parametrize("source", ["edited", "original"])
@pytest.mark.parametrize("student", [{}, {"lora_rank": 2}])
def test_looking_changes_nothing_and_shows_the_student(
    tiny: Model, source: str, student: dict[str, Any]
) -> None:
    rollouts = {"rollouts": 2} if source == "original" else {}
    config = EraseConfig(steps=4, lr=0.05, source=source, sampler_steps=3, **rollouts, **student)
    drawn = []

    def look(done: EraseStep) -> None:
        with done.student():
            drawn.append(_drawn(tiny))
        # Outside of the block it is the teacher again.
        assert _drawn(tiny) == before

    before = _drawn(tiny)
    watched = erase(tiny, "cat", config, progress=look)
    assert watched.sha256 == erase(tiny, "cat", config).sha256
    with watched.applied(tiny):
        after = _drawn(tiny)
    assert drawn[-1] == after
    assert all(one != two for one, two in zip([before, *drawn], drawn, strict=False))
