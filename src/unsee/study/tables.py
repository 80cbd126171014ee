"""The tables of the database.

Study         one row: which made study the database belongs to
Invite        a link that was handed out, as its hash
Participant   one person, known by nothing but the hash of a token
Trial         a question as it was drawn for a participant
Answer        the answer to it: its key is the trial's, so that there cannot be two

Times are UTC in ISO 8601, as text: every database keeps them alike. Tables and columns have the
names that databases of earlier versions have: a trial is a row of `asked`.
"""

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from unsee.study.scale import HIGHEST, LOWEST

HASH = 64
"""Characters of a SHA-256 in hexadecimal."""


class Study(SQLModel, table=True):
    """Which made study the database belongs to."""

    id: int = Field(default=1, primary_key=True)
    fingerprint: str = Field(max_length=HASH)
    created_at: str


class Invite(SQLModel, table=True):
    """A link that was handed out."""

    token_hash: str = Field(primary_key=True, max_length=HASH)
    created_at: str


class Participant(SQLModel, table=True):
    """One person who agreed to take part."""

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(unique=True, max_length=HASH)
    """Of the cookie, and of the invite's link where there is one."""
    code: str = Field(unique=True, max_length=20)
    """What the participant can quote to have the answers deleted."""
    consented_at: str


class Trial(SQLModel, table=True):
    """A question as it was drawn for a participant."""

    __tablename__ = "asked"
    __table_args__ = (UniqueConstraint("participant_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    participant_id: int = Field(foreign_key="participant.id", ondelete="CASCADE", index=True)
    position: int
    """From 1."""
    artist: str
    kind: str
    picture: str = Field(index=True)
    shown: str
    """Ids of the works beside it, with blanks between them."""
    low: int | None = None
    """Of an attention check: the lowest right answer."""
    high: int | None = None
    """Of an attention check: the highest right answer."""
    told: bool = False
    """Whether the page says which answer to give."""

    @property
    def key(self) -> int:
        """The id, which every trial has that was read from the database."""
        assert self.id is not None
        return self.id


class Answer(SQLModel, table=True):
    """The answer to a trial."""

    __table_args__ = (CheckConstraint(f"rating BETWEEN {LOWEST} AND {HIGHEST}"),)

    asked_id: int = Field(primary_key=True, foreign_key="asked.id", ondelete="CASCADE")
    rating: int
    milliseconds: int
    """From when the page was sent to when its answer came."""
    answered_at: str
    changes: int = 0
    """How often the participant came back and chose another rating."""
