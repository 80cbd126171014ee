"""Answers -> what Fig. 6 shows: the mean rating of each kind, and how far people agree.

Kind       one kind of picture: its mean rating with an interval, beside the paper's
Findings   all of it; `save` writes a folder
analyse    rows of the store -> Findings
"""

import json
import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from unsee.errors import OptionError, option
from unsee.running.files import check_output, writing
from unsee.study.export import passed, write_rows
from unsee.study.kinds import CHECK, half, order_of, paper_mean
from unsee.study.krippendorff import alpha
from unsee.study.plan import Plan
from unsee.study.store import Row
from unsee.study.tables import Answer, Asked

RESAMPLES = 2000
"""Of the bootstrap."""
ANSWERS, RESULT, TABLE, FIGURE = "answers.csv", "result.json", "table.md", "figure.png"


@dataclass(frozen=True)
class Kind:
    """What people made of one kind of picture."""

    kind: str
    label: str
    half: str
    """Of Fig. 6: efficacy or interference."""
    mean: float
    """Of all ratings, 1 to 5."""
    low: float | None
    high: float | None
    """The 95 % interval by the bootstrap over participants; None where fewer than two rated it."""
    answers: int
    paper: float | None
    """The paper's mean."""


@dataclass(frozen=True)
class Findings:
    """What a study found."""

    title: str
    participants: int
    """Those who count: they answered something, and passed the checks."""
    left_out: int
    """Those who answered and failed too many checks."""
    answers: int
    """Ratings that count."""
    seconds: float
    """Median time of an answer."""
    alpha: float
    """Krippendorff's, ordinal, over pictures; NaN where no picture was rated twice."""
    kinds: tuple[Kind, ...]

    @property
    def table(self) -> str:
        """All kinds as a Markdown table."""
        lines = [
            "| kind | half of Fig. 6 | mean rating | 95 % interval | answers | paper |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for one in self.kinds:
            label = one.label.replace("|", "\\|")
            paper = "" if one.paper is None else f"{one.paper:.2f}"
            interval = "" if one.low is None else f"{one.low:.2f} to {one.high:.2f}"
            lines.append(
                f"| {label} | {one.half} | {one.mean:.2f} | {interval} | {one.answers} | {paper} |"
            )
        return "\n".join(lines)

    @property
    def summary(self) -> str:
        """Who answered and how far they agree, in a line."""
        agreement = "cannot be told" if math.isnan(self.alpha) else f"is {self.alpha:.2f}"
        return (
            f"{self.participants} participants and {self.answers} ratings count, "
            f"{self.left_out} participants failed the attention checks; "
            f"Krippendorff's alpha (ordinal) {agreement}; "
            f"the median answer took {self.seconds:.1f} s"
        )


def analyse(rows: Sequence[Row], plan: Plan, failed_checks: int = 0) -> Findings:
    """Sum up the answers of those who failed at most `failed_checks` attention checks.

    Raises:
        OptionError: nobody who counts has rated a picture.
    """
    answered = [(row.code, row.asked, row.answer) for row in rows if row.answer is not None]
    failed = Counter(code for code, asked, answer in answered if passed(asked, answer) is False)
    codes = sorted({code for code, *_ in answered})
    counting = {code: None for code in codes if failed[code] <= failed_checks}
    ratings = [
        (code, asked, answer)
        for code, asked, answer in answered
        if asked.kind != CHECK and code in counting
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
    for _, asked, answer in ratings:
        units.setdefault(asked.picture, []).append(answer.rating)
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
    ratings: Sequence[tuple[str, Asked, Answer]], codes: Sequence[str], plan: Plan
) -> tuple[Kind, ...]:
    kinds = sorted({asked.kind for _, asked, _ in ratings}, key=order_of)
    sums, counts = (np.zeros((len(codes), len(kinds))) for _ in range(2))
    rows = {code: number for number, code in enumerate(codes)}
    columns = {kind: number for number, kind in enumerate(kinds)}
    for code, asked, answer in ratings:
        sums[rows[code], columns[asked.kind]] += answer.rating
        counts[rows[code], columns[asked.kind]] += 1
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
    findings: Findings, rows: Sequence[Row], plan: Plan, out: Path, *, overwrite: bool = False
) -> None:
    """Write answers.csv, result.json, table.md and figure.png to a folder.

    Raises:
        OutputError: one of them is there, or cannot be written.
        MissingExtra: matplotlib is not installed.
    """
    from unsee.study.figure import draw

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
