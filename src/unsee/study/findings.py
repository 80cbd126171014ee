"""What a study found, as Fig. 6 shows it.

Kind       one kind of picture: its mean rating with an interval, beside the paper's
Findings   all kinds, and how far people agree
"""

import math
from dataclasses import dataclass


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
