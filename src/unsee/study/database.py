"""Connections to the database, and what SQLite has to be told.

open_engine     a URL -> connections
clear_journal   empties SQLite's journal, which would keep what was deleted
"""

import contextlib
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlmodel import create_engine

from unsee.errors import OptionError, option

POOL = 40
"""Connections, one for each thread that answers requests."""
PATIENCE = 30
"""Seconds to wait for one of them, or for another process that writes to SQLite."""


def open_engine(url: str | URL, *, make: bool) -> Engine:
    """Open a pool of connections to the database at a SQLAlchemy URL.

    Raises:
        OptionError: it cannot be used; or it is a file that is not there, and not to be made.
    """
    try:
        parsed = make_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        if sqlite and parsed.database in (None, "", ":memory:"):
            raise OptionError("the database must outlive the server; name a file: sqlite:///FILE")
        if sqlite and not make and not Path(parsed.database or "").is_file():
            raise OptionError(f"there are no answers: there is no database {parsed.database}")
        engine = create_engine(
            parsed,
            pool_size=POOL,
            max_overflow=0,
            pool_timeout=PATIENCE,
            pool_pre_ping=not sqlite,
        )
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise OptionError(
            f"no driver for this database is installed ({error}); install the one that it needs"
        ) from error
    except ArgumentError as error:
        raise OptionError(
            f"{option('database')} is no URL that SQLAlchemy reads; "
            "write sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME"
        ) from error
    if sqlite:
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, record: object) -> None:
    # The driver would begin transactions by itself, and late: `_begin_sqlite` does it.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
    # Readers and the writer do not wait for each other.
    connection.execute("PRAGMA journal_mode=WAL")
    # A commit is on the disk when it returns, even if the power fails after it.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    # What is deleted is not only left out, but overwritten.
    connection.execute("PRAGMA secure_delete=ON")


def _begin_sqlite(connection: Any) -> None:
    # A transaction that reads first and writes later could find that another wrote in between.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def clear_journal(engine: Engine) -> None:
    """Bring SQLite's journal into the database; other databases see to theirs."""
    if engine.dialect.name == "sqlite":
        with contextlib.closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
