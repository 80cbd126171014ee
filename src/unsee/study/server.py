"""The app in a web server.

PASSWORD, DATABASE   the environment's names for what must not stand in a command line
open_store           where answers go
open_site            a study folder and where its answers go -> Site
serve                answer until Ctrl-C
"""

import ipaddress
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn
from sqlalchemy.engine import URL

from unsee.errors import OptionError, option
from unsee.study.app import build_app
from unsee.study.plan import StudyPlan
from unsee.study.security import Forms, Logins
from unsee.study.site import Site
from unsee.study.store import Store

PASSWORD, DATABASE = "UNSEE_STUDY_PASSWORD", "UNSEE_STUDY_DATABASE"
SHORTEST = 12
"""Characters of the password."""
WAITING = 2048
"""Connections that may wait to be taken."""
KEPT = 75
"""Seconds for which a connection is kept: longer than a look at a question. One that is closed
while a browser sends its answer over it would show an error in place of the next question."""


def open_store(plan: StudyPlan, database: str | None, *, make: bool = True) -> Store:
    """Open the database that is named, or that of the environment, or a file in the study.

    Raises:
        OptionError: it cannot be used; or, unless it may be made, is not there.
    """
    url = database or os.environ.get(DATABASE)
    # Not a text: a folder's name can have characters that mean something in a URL.
    own = URL.create("sqlite", database=str((plan.folder / "answers.sqlite").absolute()))
    return Store(url or own, plan, make=make)


def open_site(folder: Path, database: str | None = None, *, invited_only: bool = False) -> Site:
    """Open a study and its database.

    Raises:
        OptionError: there is no study, the database cannot be used, or the password is short.
    """
    plan = StudyPlan.read(folder)
    password = os.environ.get(PASSWORD)
    if password is not None and len(password) < SHORTEST:
        raise OptionError(f"{PASSWORD} must have {SHORTEST} characters or more")
    if invited_only and password is None:
        raise OptionError(f"invites are made on the admin page; set {PASSWORD} to have one")
    key = plan.secret()
    logins = None if password is None else Logins(password)
    return Site(plan, open_store(plan, database), Forms(key), logins, invited_only)


def serve(
    site: Site, host: str, port: int, *, proxy: Sequence[str], started: Callable[[str], None]
) -> None:
    """Answer requests until Ctrl-C; `started` is told the address.

    `proxy` are the addresses of those who may say from where a request comes.

    Raises:
        OptionError: the address cannot be had, or one of `proxy` is none.
    """
    for one in proxy:
        try:
            ipaddress.ip_network(one)
        except ValueError as error:
            raise OptionError(
                f"{option('proxy')} takes addresses and networks, such as 10.0.0.0/8: {error}"
            ) from error
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=WAITING)
    except OSError as error:
        raise OptionError(
            f"cannot listen at {host} port {port}: {error.strerror}; "
            f"choose others by {option('host')} and {option('port')}"
        ) from error
    config = uvicorn.Config(
        build_app(site),
        log_level="warning",
        # It would write the tokens of invites to the log.
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEPT,
        # Of anybody else it would be a way around the count of wrong guesses.
        proxy_headers=bool(proxy),
        forwarded_allow_ips=list(proxy),
    )
    name = f"[{host}]" if ":" in host else host
    try:
        started(f"http://{name}:{listener.getsockname()[1]}")
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        listener.close()
        site.store.close()
