"""A PostgreSQL server of the test's own.

find_binaries   where initdb and postgres are, if they are installed
serving         a server on a socket in a temporary folder; yields the folder
new_database    an empty database -> its SQLAlchemy URL
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def find_binaries() -> Path | None:
    """Find the folder of initdb and postgres: on the path, or where Debian puts them."""
    places = [Path(found).parent for found in [shutil.which("initdb")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((one for one in places if (one / "postgres").exists()), None)


@contextlib.contextmanager
def serving(binaries: Path) -> Iterator[Path]:
    """Start a server, and stop it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="unsee-postgres-"))
    # The server refuses to run as root.
    other: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        other = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    try:
        subprocess.run(
            [
                binaries / "initdb", "--no-sync", "--auth=trust", "--username=unsee",
                "--encoding=UTF8", "--no-locale", "-D", folder / "data",
            ],
            check=True, capture_output=True, cwd=folder, **other,
        )  # fmt: skip
        server = subprocess.Popen(
            [
                binaries / "postgres", "-D", folder / "data", "-k", folder,
                "-c", "listen_addresses=", "-c", "fsync=off",
            ],
            stderr=subprocess.DEVNULL, cwd=folder, **other,
        )  # fmt: skip
        try:
            _wait(folder)
            yield folder
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder)


def new_database(folder: Path) -> str:
    """Make an empty database and return its URL."""
    import psycopg

    name = f"study_{uuid.uuid4().hex}"
    with psycopg.connect(_connection(folder), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql+psycopg://unsee@/{name}?host={folder}"


def _connection(folder: Path) -> str:
    return f"host={folder} user=unsee dbname=postgres"


def _wait(folder: Path) -> None:
    import psycopg

    for _ in range(300):
        try:
            psycopg.connect(_connection(folder)).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("PostgreSQL did not start")
