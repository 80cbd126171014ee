"""The page of the one who runs the study, behind a password.

/admin               the login; then participants, balance, and what can be done
/admin/login         checks the password; wrong ones are counted
/admin/logout
/admin/invite        makes links, shown once: the database keeps their hashes alone
/admin/forget        deletes one participant's data
/admin/answers.csv   every answer
"""

import statistics
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from unsee.study.export import passed, write_rows
from unsee.study.kinds import order_of
from unsee.study.plan import Plan
from unsee.study.security import Logins, is_code, new_token, same_secret
from unsee.study.site import Site, address, go, remember, render, site_of, visitor
from unsee.study.store import Row

COOKIE = "unsee-study-admin"
MOST = 500
"""Links made at once."""

router = APIRouter(prefix="/admin")


@dataclass
class Progress:
    """How far one participant is."""

    code: str
    consented_at: str
    questions: int = 0
    answered: int = 0
    checks: int = 0
    passed: int = 0
    seconds: float = 0.0
    """Median of an answer."""


@router.get("")
def overview(request: Request) -> Response:
    """Show the state of the study, or the login."""
    if _login(request) is None:
        return _ask_for_password(request)
    return _page(request)


@router.post("/login")
def log_in(
    request: Request, form: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
) -> Response:
    """Check the password."""
    site, logins, token = site_of(request), _logins(request), visitor(request)
    if token is None or site.forms.age(form, token, "login") is None:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    right = same_secret(password, logins.password)
    if seconds := site.guesses.wait(address(request), right=right):
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)})
    if not right:
        return _ask_for_password(request, wrong=True)
    response = go("/admin")
    response.set_cookie(
        COOKIE,
        logins.issue(),
        path="/admin",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/logout")
def log_out(request: Request, form: Annotated[str, Form()] = "") -> Response:
    """Forget the login."""
    _require(request, form)
    response = go("/admin")
    response.delete_cookie(COOKIE, path="/admin")
    return response


@router.post("/invite")
def invite(
    request: Request, form: Annotated[str, Form()] = "", count: Annotated[str, Form()] = ""
) -> Response:
    """Make links."""
    site = _require(request, form)
    if not (count.isascii() and count.isdecimal() and 1 <= int(count[:9]) <= MOST):
        return _page(request, HTTPStatus.UNPROCESSABLE_ENTITY, told=f"Make 1 to {MOST} at once.")
    tokens = site.store.invite(int(count))
    return _page(request, links=[f"{request.base_url}i/{one}" for one in tokens])


@router.post("/forget")
def forget(
    request: Request, form: Annotated[str, Form()] = "", code: Annotated[str, Form()] = ""
) -> Response:
    """Delete one participant's data."""
    site = _require(request, form)
    code = code.strip().upper()
    if not is_code(code) or not site.store.forget(code):
        told = "There is no participant with this code."
        return _page(request, HTTPStatus.UNPROCESSABLE_ENTITY, told=told)
    return _page(request, told=f"All data of {code} is deleted.")


@router.get("/answers.csv")
def answers(request: Request) -> Response:
    """Send every answer."""
    if _login(request) is None:
        return go("/admin")
    site = site_of(request)
    return Response(
        write_rows(site.store.rows(), site.plan),
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="answers.csv"'},
    )


def _logins(request: Request) -> Logins:
    logins = site_of(request).logins
    if logins is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return logins


def _login(request: Request) -> str | None:
    """The cookie of a login that holds."""
    cookie = request.cookies.get(COOKIE, "")
    return cookie if _logins(request).holds(cookie) else None


def _require(request: Request, form: str) -> Site:
    site, login = site_of(request), _login(request)
    if login is None or site.forms.age(form, login, "admin") is None:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    return site


def _ask_for_password(request: Request, *, wrong: bool = False) -> Response:
    token = visitor(request) or new_token()
    status = HTTPStatus.UNAUTHORIZED if wrong else HTTPStatus.OK
    form = site_of(request).forms.issue(token, "login")
    response = render(request, "login", status, form=form, wrong=wrong)
    remember(response, request, token)
    return response


def _page(
    request: Request, status: int = HTTPStatus.OK, *, told: str = "", links: list[str] | None = None
) -> Response:
    site = site_of(request)
    rows = site.store.rows()
    everybody = {one.code: Progress(one.code, one.consented_at) for one in site.store.people()}
    for code, progress in everybody.items():
        _add_up(progress, [row for row in rows if row.code == code])
    return render(
        request,
        "admin",
        status,
        form=site.forms.issue(_login(request) or "", "admin"),
        told=told,
        links=links or [],
        people=list(everybody.values()),
        finished=sum(one.answered == one.questions for one in everybody.values()),
        artists=list(site.plan.references),
        balance=_balance(rows, site.plan),
        invited_only=site.invited_only,
        invites=site.store.invites(),
        most=MOST,
    )


def _add_up(progress: Progress, rows: list[Row]) -> None:
    answered = [(row.asked, row.answer) for row in rows if row.answer is not None]
    checks = [right for one in answered if (right := passed(*one)) is not None]
    progress.questions, progress.answered = len(rows), len(answered)
    progress.checks, progress.passed = len(checks), sum(checks)
    if answered:
        progress.seconds = statistics.median(one.milliseconds / 1000 for _, one in answered)


def _balance(rows: list[Row], plan: Plan) -> dict[str, list[int]]:
    """Answers by kind, and for each the artists in order."""
    counts = dict.fromkeys(plan.cells, 0)
    for row in rows:
        cell = row.asked.artist, row.asked.kind
        if row.answer is not None and cell in counts:
            counts[cell] += 1
    kinds = sorted({kind for _, kind in counts}, key=order_of)
    return {kind: [counts[artist, kind] for artist in plan.references] for kind in kinds}
