"""Answers -> what Fig. 6 shows: the mean rating of each kind, and how far people agree.

analyse   rows of the store -> Findings
save      Findings -> a folder: answers, numbers, a table, the figure
"""

import json
import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from unsee.errors import OptionError, option
from unsee.running.files import check_output, writing
from unsee.study.export import write_rows
from unsee.study.figure import draw
from unsee.study.findings import Findings, Kind
from unsee.study.kinds import CHECK, half, order_of, paper_mean
from unsee.study.krippendorff import alpha
from unsee.study.plan import StudyPlan
from unsee.study.records import TrialRecord
from unsee.study.tables import Answer, Trial

RESAMPLES = 2000
"""Of the bootstrap."""
ANSWERS, RESULT, TABLE, FIGURE = "answers.csv", "result.json", "table.md", "figure.png"


def analyse(rows: Sequence[TrialRecord], plan: StudyPlan, failed_checks: int = 0) -> Findings:
    """Sum up the answers of those who failed at most `failed_checks` attention checks.

    Raises:
        OptionError: nobody who counts has rated a picture.
    """
    failures = Counter(row.code for row in rows if row.passed is False)
    codes = sorted({row.code for row in rows if row.answer is not None})
    counting = {code: None for code in codes if failures[code] <= failed_checks}
    ratings = [
        (row.code, row.trial, row.answer)
        for row in rows
        if row.answer is not None and row.trial.kind != CHECK and row.code in counting
    ]
    if not ratings:
        raise OptionError(
            "there are no answers that count yet"
            + (
                f"; {len(codes)} failed checks: allow some by {option('failed_checks')}"
                if codes
                else ""
            )
        )
    units: dict[str, list[int]] = {}
    for _, trial, answer in ratings:
        units.setdefault(trial.picture, []).append(answer.rating)
    return Findings(
        title=plan.settings.title,
        participants=len(counting),
        left_out=len(codes) - len(counting),
        answers=len(ratings),
        seconds=statistics.median(answer.milliseconds / 1000 for *_, answer in ratings),
        alpha=alpha(list(units.values())),
        kinds=_kinds(ratings, list(counting), plan),
    )


def _kinds(
    ratings: Sequence[tuple[str, Trial, Answer]], codes: Sequence[str], plan: StudyPlan
) -> tuple[Kind, ...]:
    kinds = sorted({trial.kind for _, trial, _ in ratings}, key=order_of)
    sums, counts = (np.zeros((len(codes), len(kinds))) for _ in range(2))
    rows = {code: number for number, code in enumerate(codes)}
    columns = {kind: number for number, kind in enumerate(kinds)}
    for code, trial, answer in ratings:
        sums[rows[code], columns[trial.kind]] += answer.rating
        counts[rows[code], columns[trial.kind]] += 1
    # Whole participants are drawn again: the answers of one person are not independent.
    chance = np.random.default_rng(0)
    weights = chance.multinomial(len(codes), [1 / len(codes)] * len(codes), RESAMPLES)
    total = weights @ counts
    # Where a resample has nobody who rated a kind, it has no mean of it.
    means = np.full(total.shape, np.nan)
    np.divide(weights @ sums, total, out=means, where=total > 0)
    intervals = np.nanquantile(means, (0.025, 0.975), axis=0).T.tolist()
    # One person's ratings tell nothing of how far others are from them.
    bounds = [
        pair if raters >= 2 else (None, None)
        for pair, raters in zip(intervals, (counts > 0).sum(0), strict=True)
    ]
    return tuple(
        Kind(
            kind,
            plan.settings.labels.get(kind, kind),
            half(kind),
            float(sums[:, place].sum() / counts[:, place].sum()),
            low,
            high,
            int(counts[:, place].sum()),
            paper_mean(kind),
        )
        for place, (kind, (low, high)) in enumerate(zip(kinds, bounds, strict=True))
    )


def save(
    findings: Findings,
    rows: Sequence[TrialRecord],
    plan: StudyPlan,
    out: Path,
    *,
    overwrite: bool = False,
) -> None:
    """Write answers.csv, result.json, table.md and figure.png to a folder.

    Raises:
        OutputError: one of them is there, or cannot be written.
        MissingExtra: matplotlib is not installed.
    """
    for name in (ANSWERS, RESULT, TABLE, FIGURE):
        check_output(out / name, overwrite=overwrite)
    facts = asdict(findings)
    if math.isnan(findings.alpha):
        facts["alpha"] = None
    contents = {
        FIGURE: draw(findings),
        ANSWERS: write_rows(rows, plan).encode(),
        RESULT: (json.dumps(facts, indent=1) + "\n").encode(),
        TABLE: f"{findings.table}\n\n{findings.summary}.\n".encode(),
    }
    for name, content in contents.items():
        with writing(out / name, overwrite=overwrite) as temporary:
            temporary.write_bytes(content)
