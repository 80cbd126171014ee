"""Which questions one participant gets, in which order.

Question        one question: a picture, the works beside it, and for a check the right answers
draw_questions  by lot, but balanced

Balanced means: a participant's questions come in rounds, each of which asks for every cell, that is
every (artist, kind), once, in an order of its own. So whoever stops early has answered all cells
equally often, give or take one. Where the number of questions does not divide evenly, the rest goes
to the cells that all participants together were asked for least.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from unsee.study.folders import WORKS
from unsee.study.kinds import CHECK
from unsee.study.plan import Cell, StudyPlan
from unsee.study.scale import HIGHEST, RATINGS

SAME = 4
"""The lowest right answer where the picture in question is one of those beside it."""


@dataclass(frozen=True)
class Question:
    """One question to one participant."""

    artist: str
    kind: str
    picture: str
    """Id of the picture in question."""
    works: tuple[str, ...]
    """Ids of the artist's works beside it, in order."""
    low: int | None = None
    """Of an attention check: the lowest right answer."""
    high: int | None = None
    """Of an attention check: the highest right answer."""
    instructed: bool = False
    """Whether the page says which answer to give."""


def draw_questions(
    plan: StudyPlan, counts: Mapping[str, int], chance: random.Random | None = None
) -> list[Question]:
    """Draw the questions of one more participant.

    Args:
        plan: the study.
        counts: how often all participants before were asked for each picture; a missing one is 0.
        chance: the lot; the system's own if none is given.
    """
    chance = chance or random.SystemRandom()
    used: dict[str, int] = {}
    questions = []
    for artist, kind in _cells(plan, counts, chance):
        ids = plan.cells[artist, kind]
        picture = min(ids, key=lambda one: (used.get(one, 0), counts.get(one, 0), chance.random()))
        used[picture] = used.get(picture, 0) + 1
        questions.append(Question(artist, kind, picture, _works(plan, artist, chance)))
    return _with_checks(plan, questions, chance)


def _cells(plan: StudyPlan, counts: Mapping[str, int], chance: random.Random) -> list[Cell]:
    """Rounds of all cells, then those that were asked for least."""
    cells = list(plan.cells)
    rounds, rest = divmod(plan.length, len(cells))
    order: list[Cell] = []
    for _ in range(rounds):
        order += chance.sample(cells, len(cells))
    # The rounds add the same to every cell: they do not change which were asked for least.
    least = sorted(
        cells,
        key=lambda cell: (sum(counts.get(one, 0) for one in plan.cells[cell]), chance.random()),
    )
    return order + chance.sample(least[:rest], rest)


def _works(plan: StudyPlan, artist: str, chance: random.Random) -> tuple[str, ...]:
    return tuple(chance.sample(plan.references[artist], WORKS))


def _with_checks(
    plan: StudyPlan, questions: list[Question], chance: random.Random
) -> list[Question]:
    """Spread the checks, each somewhere in its stretch of the questions, never the first."""
    count = plan.settings.checks
    mixed = list(questions)
    for place in reversed(range(count)):
        first, last = (len(questions) * step // count for step in (place, place + 1))
        mixed.insert(chance.randint(min(first + 1, last), last), _check(plan, place, chance))
    return mixed


def _check(plan: StudyPlan, place: int, chance: random.Random) -> Question:
    """In turn a picture that is one of the works beside it, and one whose answer the page tells."""
    artist = chance.choice(list(plan.references))
    works = _works(plan, artist, chance)
    if place % 2 == 0:
        return Question(artist, CHECK, chance.choice(works), works, SAME, HIGHEST)
    rating = chance.choice(RATINGS)
    # A work of another artist if there is one: nothing that a question will ask for.
    other = chance.choice([name for name in plan.references if name != artist] or [artist])
    picture = chance.choice(plan.references[other])
    return Question(artist, CHECK, picture, works, rating, rating, instructed=True)
