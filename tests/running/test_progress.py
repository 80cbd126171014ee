"""The event that tells how far long work is."""

import pytest

from unsee.running.progress import Progress


def test_the_rest_takes_as_long_as_what_is_done_did() -> None:
    assert Progress(done=3, total=12, seconds=6).left == 18
    assert Progress(done=12, total=12, seconds=6).left == 0


def test_what_an_earlier_call_did_says_nothing_of_the_pace() -> None:
    assert Progress(done=10, total=12, before=8, seconds=6).left == 6
    assert Progress(done=8, total=12, before=8, seconds=6).left is None
    assert Progress(done=8, total=12).left is None


@pytest.mark.parametrize("done", [0, 1, 3, 4])
def test_a_part_of_larger_work_moves_it_from_its_start_to_its_end(done: int) -> None:
    inner = Progress(done=done, total=4, seconds=done * 5.0, values={"loss": 1.0}, what="a part")
    outer = inner.within(2, 0.5, 6)
    assert outer == Progress(done=2 + done / 8, total=6, values={"loss": 1.0}, what="a part")
    # At this pace, five seconds an eighth of a row.
    if done:
        assert outer.left == pytest.approx((4 - done / 8) * 40)
    assert inner.within(2, 0.5, 6, "the whole").what == "the whole"


def test_two_moments_are_the_same_however_long_they_took() -> None:
    assert Progress(done=1, total=2, seconds=1) == Progress(done=1, total=2, seconds=9)
