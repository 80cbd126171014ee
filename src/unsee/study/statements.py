"""What the store asks and tells the database, within a session that it has opened.

find_participant   a token -> who holds it
standing_of        a participant -> where they are
picture_counts     how often each picture was rated, or will be
trials_of          drawn questions -> rows for a participant
unused_invite      the condition that nobody has taken part by an invite
timestamp, now     times as the tables hold them
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from unsee.study.order import Question
from unsee.study.records import Standing
from unsee.study.security import fingerprint
from unsee.study.tables import Answer, Invite, Participant, Trial

EXPECTED = timedelta(days=1)
"""How long after consent a question without an answer is taken for one that will have one."""


def find_participant(session: Session, token: str) -> Participant | None:
    """Find who holds a token."""
    wanted = Participant.token_hash == fingerprint(token)
    return session.exec(select(Participant).where(wanted)).first()


def standing_of(session: Session, participant: Participant) -> Standing:
    """Count the questions of a participant, and their answers."""
    assert participant.id is not None
    answered, questions = session.exec(
        select(func.count(col(Answer.asked_id)), func.count(col(Trial.id)))
        .select_from(Trial)
        .outerjoin(Answer, col(Answer.asked_id) == col(Trial.id))
        .where(Trial.participant_id == participant.id)
    ).one()
    return Standing(participant.id, participant.code, answered, questions)


def picture_counts(session: Session) -> dict[str, int]:
    """How often each picture was rated, or can be expected to be.

    Who agreed and left must not use up the questions of those who would answer.
    """
    since = timestamp(datetime.now(UTC) - EXPECTED)
    count = (
        select(Trial.picture, func.count())
        .join(Participant, col(Participant.id) == col(Trial.participant_id))
        .outerjoin(Answer, col(Answer.asked_id) == col(Trial.id))
        .where(
            col(Trial.low).is_(None),
            or_(col(Answer.asked_id).is_not(None), col(Participant.consented_at) > since),
        )
    )
    return dict(session.exec(count.group_by(Trial.picture)).all())


def trials_of(participant: Participant, questions: Sequence[Question]) -> list[Trial]:
    """Number the questions that were drawn for a participant, from 1."""
    assert participant.id is not None
    return [
        Trial(
            participant_id=participant.id,
            position=position,
            artist=question.artist,
            kind=question.kind,
            picture=question.picture,
            shown=" ".join(question.works),
            low=question.low,
            high=question.high,
            told=question.instructed,
        )
        for position, question in enumerate(questions, start=1)
    ]


def unused_invite() -> Any:
    """The condition that nobody has taken part by an invite."""
    return col(Invite.token_hash).not_in(select(Participant.token_hash))


def now() -> str:
    """The time, as the tables hold it."""
    return timestamp(datetime.now(UTC))


def timestamp(moment: datetime) -> str:
    """A moment in ISO 8601, to the millisecond."""
    return moment.isoformat(timespec="milliseconds")
