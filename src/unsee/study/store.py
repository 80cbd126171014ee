"""Everything that is read from the database and written to it.

Store      a database that belongs to one made study
Standing   where a participant is
Row        a question with its answer, as the analysis reads it

What is written is committed when a method returns: a page is sent after it, never before. Of two
requests that do the same at once, the database's own keys keep one.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, inspect, or_, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session, SQLModel, col, select

from unsee.errors import OptionError, option
from unsee.study.database import clear_journal, open_engine
from unsee.study.order import Question, draw_questions
from unsee.study.plan import Plan
from unsee.study.security import fingerprint, new_code, new_token
from unsee.study.tables import Answer, Asked, Invite, Participant, Study

EXPECTED = timedelta(days=1)
"""How long after consent a question without an answer is taken for one that will have one."""


@dataclass(frozen=True)
class Standing:
    """Where a participant is."""

    id: int
    code: str
    answered: int
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
class Row:
    """A question to a participant and what was answered, if anything was."""

    code: str
    asked: Asked
    answer: Answer | None


class Store:
    """A database that belongs to one made study."""

    def __init__(self, url: str | URL, plan: Plan, *, make: bool = True) -> None:
        """Open the database at a SQLAlchemy URL; `make` its tables if they are not there.

        Raises:
            OptionError: it cannot be opened, has no tables of a study, or those of another one.
        """
        self.plan = plan
        self._engine = open_engine(url, make=make)
        self._writers = self._engine.execution_options(writes=True)
        # SQLite has one writer at a time: threads queue here, and do not poll the file.
        self._turn: contextlib.AbstractContextManager[Any] = (
            threading.Lock() if self._engine.dialect.name == "sqlite" else contextlib.nullcontext()
        )
        try:
            if not make and not inspect(self._engine).has_table(str(Study.__tablename__)):
                self.close()
                raise OptionError("the database holds no study; name the one that was served")
            SQLModel.metadata.create_all(self._writers)
            with self._writing() as session:
                study = session.get(Study, 1)
                if study is None:
                    study = Study(fingerprint=plan.fingerprint, created_at=_now())
                    session.add(study)
                elif study.fingerprint == plan.file_hash:
                    # Made when a database belonged to the very bytes of plan.json.
                    study.fingerprint = plan.fingerprint
        except SQLAlchemyError as error:
            self.close()
            raise OptionError(f"cannot use the database: {_reason(error)}") from error
        if study.fingerprint != plan.fingerprint:
            self.close()
            raise OptionError(
                f"the database belongs to another study than {plan.folder}; "
                f"name the right one, or another {option('database')}"
            )

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    # Who takes part

    def invite(self, count: int) -> list[str]:
        """Make invites; only here are their tokens ever known."""
        tokens = [new_token() for _ in range(count)]
        with self._writing() as session:
            session.add_all(
                Invite(token_hash=fingerprint(one), created_at=_now()) for one in tokens
            )
        return tokens

    def invited(self, token: str) -> bool:
        """Tell whether a token was handed out."""
        with self._reading() as session:
            return session.get(Invite, fingerprint(token)) is not None

    def enter(self, token: str) -> Standing:
        """Note that the holder of a token agrees to take part, and draw the questions.

        Somebody who is there already is left as they are.
        """
        with self._writing() as session:
            # Who enters waits here for whoever enters before: the draw counts what all were asked.
            session.exec(select(Study).where(Study.id == 1).with_for_update()).one()
            there = _participant(session, token)
            if there is None:
                there = Participant(
                    token_hash=fingerprint(token), code=new_code(), consented_at=_now()
                )
                session.add(there)
                session.flush()
                questions = draw_questions(self.plan, _times_asked(session))
                session.add_all(_asked(there, questions))
                session.flush()
            return _standing(session, there)

    def standing(self, token: str) -> Standing | None:
        """Find the participant who holds a token."""
        with self._reading() as session:
            there = _participant(session, token)
            return None if there is None else _standing(session, there)

    def forget(self, code: str) -> bool:
        """Delete a participant with all questions, answers and the invite; tell if there was one.

        What SQLite deletes it overwrites, in its journal too.
        """
        with self._writing() as session:
            mine = select(Participant.id).where(Participant.code == code)
            by = select(Participant.token_hash).where(Participant.code == code)
            session.exec(delete(Invite).where(col(Invite.token_hash).in_(by)))
            asked = select(Asked.id).where(col(Asked.participant_id).in_(mine))
            session.exec(delete(Answer).where(col(Answer.asked_id).in_(asked)))
            session.exec(delete(Asked).where(col(Asked.participant_id).in_(mine)))
            gone = session.exec(delete(Participant).where(col(Participant.code) == code)).rowcount
        if gone:
            with self._turn:
                clear_journal(self._engine)
        return bool(gone)

    # What is asked and answered

    def question(self, participant: int, position: int) -> tuple[Asked, Answer | None] | None:
        """Find a question of a participant, and its answer."""
        with self._reading() as session:
            return session.exec(
                select(Asked, Answer)
                .outerjoin(Answer, col(Answer.asked_id) == col(Asked.id))
                .where(Asked.participant_id == participant, Asked.position == position)
            ).first()

    def answer(self, asked_id: int, rating: int, milliseconds: int) -> None:
        """Keep an answer. The same one again changes nothing; another rating takes its place."""
        changed = (
            update(Answer)
            .where(col(Answer.asked_id) == asked_id, col(Answer.rating) != rating)
            .values(
                rating=rating,
                milliseconds=milliseconds,
                answered_at=_now(),
                changes=col(Answer.changes) + 1,
            )
        )
        with self._writing() as session:
            if session.get(Answer, asked_id) is not None:
                session.exec(changed)
                return
            try:
                with session.begin_nested():
                    session.add(
                        Answer(
                            asked_id=asked_id,
                            rating=rating,
                            milliseconds=milliseconds,
                            answered_at=_now(),
                        )
                    )
            except IntegrityError:
                # Sent twice, and the other one was here first; or the participant is deleted.
                session.exec(changed)

    def rows(self) -> list[Row]:
        """Every question to everybody, by participant and position."""
        with self._reading() as session:
            found = session.exec(
                select(Participant.code, Asked, Answer)
                .join(Asked, col(Asked.participant_id) == col(Participant.id))
                .outerjoin(Answer, col(Answer.asked_id) == col(Asked.id))
                .order_by(col(Participant.id), col(Asked.position))
            ).all()
            return [Row(*one) for one in found]

    def people(self) -> Sequence[Participant]:
        """Everybody who agreed, in the order in which they did."""
        with self._reading() as session:
            return session.exec(select(Participant).order_by(col(Participant.id))).all()

    def invites(self) -> tuple[int, int]:
        """How many invites there are, and how many of them nobody has taken part by."""
        with self._reading() as session:
            count = select(func.count()).select_from(Invite)
            return session.exec(count).one(), session.exec(count.where(_unused())).one()

    def revoke(self) -> int:
        """Delete the invites that nobody has taken part by; tell how many there were."""
        with self._writing() as session:
            return session.exec(delete(Invite).where(_unused())).rowcount

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Session]:
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Session]:
        with self._turn, Session(self._writers, expire_on_commit=False) as session, session.begin():
            yield session


def _participant(session: Session, token: str) -> Participant | None:
    wanted = Participant.token_hash == fingerprint(token)
    return session.exec(select(Participant).where(wanted)).first()


def _standing(session: Session, there: Participant) -> Standing:
    assert there.id is not None
    answered, questions = session.exec(
        select(func.count(col(Answer.asked_id)), func.count(col(Asked.id)))
        .select_from(Asked)
        .outerjoin(Answer, col(Answer.asked_id) == col(Asked.id))
        .where(Asked.participant_id == there.id)
    ).one()
    return Standing(there.id, there.code, answered, questions)


def _unused() -> Any:
    return col(Invite.token_hash).not_in(select(Participant.token_hash))


def _times_asked(session: Session) -> dict[str, int]:
    """How often each picture was rated, or can be expected to be.

    Who agreed and left must not use up the questions of those who would answer.
    """
    since = _iso(datetime.now(UTC) - EXPECTED)
    count = (
        select(Asked.picture, func.count())
        .join(Participant, col(Participant.id) == col(Asked.participant_id))
        .outerjoin(Answer, col(Answer.asked_id) == col(Asked.id))
        .where(
            col(Asked.low).is_(None),
            or_(col(Answer.asked_id).is_not(None), col(Participant.consented_at) > since),
        )
    )
    return dict(session.exec(count.group_by(Asked.picture)).all())


def _asked(there: Participant, questions: Sequence[Question]) -> list[Asked]:
    assert there.id is not None
    return [
        Asked(
            participant_id=there.id,
            position=position,
            **vars(question) | {"shown": " ".join(question.shown)},
        )
        for position, question in enumerate(questions, start=1)
    ]


def _now() -> str:
    return _iso(datetime.now(UTC))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _reason(error: SQLAlchemyError) -> str:
    """What the driver says, without the statement; it may name the host, but no password."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]
