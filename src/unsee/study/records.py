"""What is read from the database, as the pages and the analysis take it.

Standing   where a participant is
TrialRecord        a trial with its answer, and whether it is a check that was passed
"""

from dataclasses import dataclass

from unsee.study.tables import Answer, Trial


@dataclass(frozen=True)
class Standing:
    """Where a participant is."""

    id: int
    code: str
    answered: int
    """Questions that have an answer."""
    questions: int

    @property
    def next(self) -> int:
        """Position of the first question without an answer; one past the last when all have one."""
        return self.answered + 1

    @property
    def finished(self) -> bool:
        """Whether every question has an answer."""
        return self.answered >= self.questions


@dataclass(frozen=True)
class TrialRecord:
    """A question to a participant and what was answered, if anything was."""

    code: str
    trial: Trial
    answer: Answer | None

    @property
    def passed(self) -> bool | None:
        """Whether an attention check was answered right; None without an answer or a check."""
        low, high = self.trial.low, self.trial.high
        if self.answer is None or low is None or high is None:
            return None
        return low <= self.answer.rating <= high
