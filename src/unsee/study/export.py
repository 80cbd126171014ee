"""Answers as a CSV file.

COLUMNS      what each column holds
passed       whether an attention check was answered right
write_rows   rows of the store -> CSV text
"""

import csv
import io
from collections.abc import Sequence

from unsee.study.plan import Plan
from unsee.study.store import Row
from unsee.study.tables import Answer, Asked

COLUMNS = (
    "participant", "position", "artist", "kind", "picture", "source", "rating", "seconds",
    "answered_at", "changes", "check_passed",
)  # fmt: skip
"""`source` is the file that the picture was made from; `check_passed` is 1 or 0, or empty."""


def passed(asked: Asked, answer: Answer) -> bool | None:
    """Tell whether an attention check was answered right; None if it is no check."""
    if asked.low is None or asked.high is None:
        return None
    return asked.low <= answer.rating <= asked.high


def write_rows(rows: Sequence[Row], plan: Plan) -> str:
    """Write every question that has an answer; participants are their codes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        if row.answer is None:
            continue
        check = passed(row.asked, row.answer)
        writer.writerow(
            [
                row.code,
                row.asked.position,
                row.asked.artist,
                row.asked.kind,
                row.asked.picture,
                plan.by_id[row.asked.picture].source,
                row.answer.rating,
                f"{row.answer.milliseconds / 1000:.3f}",
                row.answer.answered_at,
                row.answer.changes,
                "" if check is None else int(check),
            ]
        )
    return text.getvalue()
