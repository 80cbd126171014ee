"""How far a study has come, for the one who runs it.

Participation    how far one participant is
participations   everybody's
balance          answers by kind and artist
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from unsee.study.kinds import order_of
from unsee.study.plan import StudyPlan
from unsee.study.records import TrialRecord
from unsee.study.tables import Participant


@dataclass(frozen=True)
class Participation:
    """How far one participant is."""

    code: str
    consented_at: str
    questions: int
    answered: int
    """Questions that have an answer."""
    checks: int
    """Attention checks among those."""
    passed: int
    """Checks that were answered right."""
    seconds: float
    """Median of an answer; 0 where there is none."""


def participations(
    participants: Sequence[Participant], rows: Sequence[TrialRecord]
) -> list[Participation]:
    """How far everybody is, in the order of `participants`."""
    by_code: dict[str, list[TrialRecord]] = {}
    for row in rows:
        by_code.setdefault(row.code, []).append(row)
    return [_participation(one, by_code.get(one.code, [])) for one in participants]


def _participation(participant: Participant, rows: Sequence[TrialRecord]) -> Participation:
    answers = [row.answer for row in rows if row.answer is not None]
    checks = [row.passed for row in rows if row.passed is not None]
    return Participation(
        participant.code,
        participant.consented_at,
        len(rows),
        len(answers),
        len(checks),
        sum(checks),
        statistics.median(one.milliseconds / 1000 for one in answers) if answers else 0.0,
    )


def balance(rows: Sequence[TrialRecord], plan: StudyPlan) -> dict[str, list[int]]:
    """Answers by kind, and for each the artists in order."""
    counts = dict.fromkeys(plan.cells, 0)
    for row in rows:
        cell = row.trial.artist, row.trial.kind
        if row.answer is not None and cell in counts:
            counts[cell] += 1
    kinds = sorted({kind for _, kind in counts}, key=order_of)
    return {kind: [counts[artist, kind] for artist in plan.references] for kind in kinds}
