"""Everything that is read from the database and written to it.

Store   a database that belongs to one made study: who takes part, what is asked and answered

statements.py has what it says to the database, records.py what comes out of it.

What is written is committed when a method returns: a page is sent after it, never before. Of two
requests that do the same at once, the database's own keys keep one.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import delete, func, inspect, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session, SQLModel, col, select

from unsee.errors import OptionError, option
from unsee.study.database import clear_journal, open_engine
from unsee.study.order import draw_questions
from unsee.study.plan import StudyPlan
from unsee.study.records import Standing, TrialRecord
from unsee.study.security import fingerprint, new_code, new_token
from unsee.study.statements import (
    find_participant,
    now,
    picture_counts,
    standing_of,
    trials_of,
    unused_invite,
)
from unsee.study.tables import Answer, Invite, Participant, Study, Trial


class Store:
    """A database that belongs to one made study."""

    def __init__(self, url: str | URL, plan: StudyPlan, *, make: bool = True) -> None:
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
                    study = Study(fingerprint=plan.fingerprint, created_at=now())
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
            session.add_all(Invite(token_hash=fingerprint(one), created_at=now()) for one in tokens)
        return tokens

    def is_invited(self, token: str) -> bool:
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
            participant = find_participant(session, token)
            if participant is None:
                participant = Participant(
                    token_hash=fingerprint(token), code=new_code(), consented_at=now()
                )
                session.add(participant)
                session.flush()
                questions = draw_questions(self.plan, picture_counts(session))
                session.add_all(trials_of(participant, questions))
                session.flush()
            return standing_of(session, participant)

    def standing(self, token: str) -> Standing | None:
        """Find the participant who holds a token."""
        with self._reading() as session:
            participant = find_participant(session, token)
            return None if participant is None else standing_of(session, participant)

    def forget(self, code: str) -> bool:
        """Delete a participant with all questions, answers and the invite; tell if there was one.

        What SQLite deletes it overwrites, in its journal too.
        """
        with self._writing() as session:
            mine = select(Participant.id).where(Participant.code == code)
            by = select(Participant.token_hash).where(Participant.code == code)
            session.exec(delete(Invite).where(col(Invite.token_hash).in_(by)))
            trials = select(Trial.id).where(col(Trial.participant_id).in_(mine))
            session.exec(delete(Answer).where(col(Answer.asked_id).in_(trials)))
            session.exec(delete(Trial).where(col(Trial.participant_id).in_(mine)))
            count = session.exec(delete(Participant).where(col(Participant.code) == code)).rowcount
        if count:
            with self._turn:
                clear_journal(self._engine)
        return bool(count)

    # What is asked and answered

    def question(self, participant: int, position: int) -> tuple[Trial, Answer | None] | None:
        """Find a question of a participant, and its answer."""
        with self._reading() as session:
            return session.exec(
                select(Trial, Answer)
                .outerjoin(Answer, col(Answer.asked_id) == col(Trial.id))
                .where(Trial.participant_id == participant, Trial.position == position)
            ).first()

    def answer(self, trial: int, rating: int, milliseconds: int) -> None:
        """Keep the answer to the trial of this key.

        The same one again changes nothing; another rating takes its place.
        """
        changed = (
            update(Answer)
            .where(col(Answer.asked_id) == trial, col(Answer.rating) != rating)
            .values(
                rating=rating,
                milliseconds=milliseconds,
                answered_at=now(),
                changes=col(Answer.changes) + 1,
            )
        )
        with self._writing() as session:
            if session.get(Answer, trial) is not None:
                session.exec(changed)
                return
            try:
                with session.begin_nested():
                    session.add(
                        Answer(
                            asked_id=trial,
                            rating=rating,
                            milliseconds=milliseconds,
                            answered_at=now(),
                        )
                    )
            except IntegrityError:
                # Sent twice, and the other one was here first; or the participant is deleted.
                session.exec(changed)

    def rows(self) -> list[TrialRecord]:
        """Every question to everybody, by participant and position."""
        with self._reading() as session:
            rows = session.exec(
                select(Participant.code, Trial, Answer)
                .join(Trial, col(Trial.participant_id) == col(Participant.id))
                .outerjoin(Answer, col(Answer.asked_id) == col(Trial.id))
                .order_by(col(Participant.id), col(Trial.position))
            ).all()
            return [TrialRecord(*one) for one in rows]

    def participants(self) -> Sequence[Participant]:
        """Everybody who agreed, in the order in which they did."""
        with self._reading() as session:
            return session.exec(select(Participant).order_by(col(Participant.id))).all()

    def invites(self) -> tuple[int, int]:
        """How many invites there are, and how many of them nobody has taken part by."""
        with self._reading() as session:
            count = select(func.count()).select_from(Invite)
            return session.exec(count).one(), session.exec(count.where(unused_invite())).one()

    def revoke(self) -> int:
        """Delete the invites that nobody has taken part by; tell how many there were."""
        with self._writing() as session:
            return session.exec(delete(Invite).where(unused_invite())).rowcount

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Session]:
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Session]:
        with self._turn, Session(self._writers, expire_on_commit=False) as session, session.begin():
            yield session


def _reason(error: SQLAlchemyError) -> str:
    """What the driver says, without the statement; it may name the host, but no password."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]
