"""The page of the one who runs the study, behind a password.

/admin               the login; then participants, balance, and what can be done
/admin/login         checks the password; wrong ones are counted
/admin/logout
/admin/invite        makes links
/admin/links         shows those made last, to the login that made them
/admin/revoke        deletes the invites that nobody has taken part by
/admin/forget        deletes one participant's data, after asking
/admin/answers.csv   every answer

What changes something sends the browser on to a page that does not: a reload changes nothing.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from unsee.study.export import write_rows
from unsee.study.participation import balance, participations
from unsee.study.security import Login, Logins, is_code, is_token, new_token, same_secret
from unsee.study.site import Site, address, go, render, site_of

COOKIE = "unsee-study-admin"
BEFORE = "unsee-study-login"
"""Ties the form of the login to a browser: the cookie of a participant is not touched."""
MOST = 500
"""Links made at once."""
NOBODY = "There is no participant with this code."

router = APIRouter(prefix="/admin")


@router.get("")
def overview(request: Request) -> Response:
    """Show the state of the study, or the login."""
    login = _login(request)
    if login is None:
        return _ask_for_password(request)
    notice, login.notice = login.notice, ""
    return _page(request, login, notice=notice)


@router.post("/login")
def log_in(
    request: Request, form: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
) -> Response:
    """Check the password."""
    site, logins, token = site_of(request), _logins(request), request.cookies.get(BEFORE, "")
    if not is_token(token) or site.forms.age(form, token, "login") is None:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    right = same_secret(password, logins.password)
    if seconds := site.password_guesses.wait(address(request), right=right):
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)})
    if not right:
        return _ask_for_password(request, wrong=True)
    response = go("/admin")
    _remember(response, request, COOKIE, logins.issue())
    return response


@router.post("/logout")
def log_out(request: Request, form: Annotated[str, Form()] = "") -> Response:
    """End the login, in the server too: its cookie opens nothing any more."""
    _require(request, form)
    _logins(request).end(request.cookies[COOKIE])
    response = go("/admin")
    response.delete_cookie(COOKIE, path="/admin")
    return response


@router.post("/invite")
def invite(
    request: Request, form: Annotated[str, Form()] = "", count: Annotated[str, Form()] = ""
) -> Response:
    """Make links."""
    site, login = _require(request, form)
    short = count.isascii() and count.isdecimal() and len(count) <= len(str(MOST))
    if not (short and 1 <= int(count) <= MOST):
        return _page(request, login, HTTPStatus.UNPROCESSABLE_ENTITY, f"Make 1 to {MOST} at once.")
    login.links = tuple(site.store.invite(int(count)))
    return go("/admin/links")


@router.get("/links")
def links(request: Request) -> Response:
    """Show the links that this login made last."""
    login = _login(request)
    if login is None or not login.links:
        return go("/admin")
    return render(request, "links", links=[f"{request.base_url}i/{one}" for one in login.links])


@router.post("/revoke")
def revoke(
    request: Request, form: Annotated[str, Form()] = "", sure: Annotated[str, Form()] = ""
) -> Response:
    """Delete the invites that nobody has taken part by."""
    site, login = _require(request, form)
    if sure == "yes":
        login.notice = f"{site.store.revoke()} unused links do not work any more."
        login.links = ()
    return go("/admin")


@router.get("/forget")
def ask_to_forget(request: Request, code: str = "") -> Response:
    """Ask whether one participant's data shall be deleted."""
    login = _login(request)
    if login is None:
        return go("/admin")
    code = code.strip().upper()
    site = site_of(request)
    everybody = participations(site.store.participants(), site.store.rows())
    for one in everybody:
        if one.code == code:
            return render(request, "forget", form=_form(request), one=one)
    return _page(request, login, HTTPStatus.UNPROCESSABLE_ENTITY, NOBODY)


@router.post("/forget")
def forget(
    request: Request, form: Annotated[str, Form()] = "", code: Annotated[str, Form()] = ""
) -> Response:
    """Delete one participant's data."""
    site, login = _require(request, form)
    code = code.strip().upper()
    if not is_code(code) or not site.store.forget(code):
        return _page(request, login, HTTPStatus.UNPROCESSABLE_ENTITY, NOBODY)
    login.notice = f"All data of {code} is deleted."
    return go("/admin")


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


def _login(request: Request) -> Login | None:
    """The login that holds in this browser."""
    return _logins(request).find(request.cookies.get(COOKIE, ""))


def _form(request: Request) -> str:
    return site_of(request).forms.issue(request.cookies[COOKIE], "admin")


def _require(request: Request, form: str) -> tuple[Site, Login]:
    site, login = site_of(request), _login(request)
    if login is None or site.forms.age(form, request.cookies[COOKIE], "admin") is None:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    return site, login


def _remember(response: Response, request: Request, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        path="/admin",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def _ask_for_password(request: Request, *, wrong: bool = False) -> Response:
    before = request.cookies.get(BEFORE, "")
    token = before if is_token(before) else new_token()
    status = HTTPStatus.UNAUTHORIZED if wrong else HTTPStatus.OK
    form = site_of(request).forms.issue(token, "login")
    response = render(request, "login", status, form=form, wrong=wrong)
    _remember(response, request, BEFORE, token)
    return response


def _page(
    request: Request, login: Login, status: int = HTTPStatus.OK, notice: str = ""
) -> Response:
    site = site_of(request)
    rows = site.store.rows()
    everybody = participations(site.store.participants(), rows)
    invites, unused = site.store.invites()
    return render(
        request,
        "admin",
        status,
        form=_form(request),
        notice=notice,
        links=len(login.links),
        participants=everybody,
        finished=sum(one.answered == one.questions for one in everybody),
        artists=list(site.plan.references),
        balance=balance(rows, site.plan),
        invited_only=site.invited_only,
        invites=invites,
        unused=unused,
        most=MOST,
    )
