"""Answers as a CSV file.

COLUMNS      what each column holds
write_rows   rows of the store -> CSV text
"""

import csv
import io
from collections.abc import Sequence

from unsee.study.plan import StudyPlan
from unsee.study.records import TrialRecord

COLUMNS = (
    "participant", "position", "artist", "kind", "picture", "source", "rating", "seconds",
    "answered_at", "changes", "check_passed",
)  # fmt: skip
"""`source` is the file that the picture was made from; `check_passed` is 1 or 0, or empty."""


def write_rows(rows: Sequence[TrialRecord], plan: StudyPlan) -> str:
    """Write every question that has an answer; participants are their codes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        if row.answer is None:
            continue
        writer.writerow(
            [
                row.code,
                row.trial.position,
                row.trial.artist,
                row.trial.kind,
                row.trial.picture,
                plan.by_id[row.trial.picture].source,
                row.answer.rating,
                f"{row.answer.milliseconds / 1000:.3f}",
                row.answer.answered_at,
                row.answer.changes,
                "" if row.passed is None else int(row.passed),
            ]
        )
    return text.getvalue()
