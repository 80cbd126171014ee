"""What all pages of the study share.

Site          the study that an app serves
site_of       the site that a request came to
visitor       the token in a request's cookie
standing_of   the participant whose cookie it is
count_guess   a wrong link is noted, and too many are refused
remember      put a token into a visitor's cookie
address       where a request comes from
render        a template -> a page
go            send the browser to another page
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException

from unsee.study.plan import StudyPlan
from unsee.study.records import Standing
from unsee.study.security import Forms, Guesses, Logins, is_token
from unsee.study.store import Store

COOKIE = "unsee-study"
MONTH = 30 * 24 * 3600
PAGES = Path(__file__).parent / "pages"

_TEMPLATES = Environment(
    loader=FileSystemLoader(PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Site:
    """The study that an app serves."""

    plan: StudyPlan
    store: Store
    forms: Forms
    logins: Logins | None
    """None where no password is set: there is no admin page then."""
    invited_only: bool
    link_guesses: Guesses = field(default_factory=Guesses)
    password_guesses: Guesses = field(default_factory=Guesses)
    """Counted apart: wrong links behind one address must not shut out the admin who shares it."""


def site_of(request: Request) -> Site:
    """Find the site that a request came to."""
    site: Site = request.app.state.site
    return site


def visitor(request: Request) -> str | None:
    """Read the token in the cookie; None if there is none of that shape."""
    token = request.cookies.get(COOKIE, "")
    return token if is_token(token) else None


def standing_of(request: Request) -> Standing | None:
    """Find the participant whose cookie this is.

    By invitation, a cookie of nobody is a guess; who takes part never waits for others' guesses.
    """
    site, token = site_of(request), visitor(request)
    if token is None:
        return None
    standing = site.store.standing(token)
    if standing is None and site.invited_only:
        count_guess(request, right=site.store.is_invited(token))
    return standing


def count_guess(request: Request, *, right: bool) -> None:
    """Note a wrong guess; who has made too many is refused, whatever this one is."""
    if seconds := site_of(request).link_guesses.wait(address(request), right=right):
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)})


def remember(response: Response, request: Request, token: str, *, agreed: bool) -> None:
    """Put a token into the cookie, out of the reach of scripts and of other sites' forms.

    Until its holder has agreed to take part, it lasts no longer than the browser is open.
    """
    response.set_cookie(
        COOKIE,
        token,
        max_age=MONTH if agreed else None,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def address(request: Request) -> str:
    """Say where a request comes from."""
    return request.client.host if request.client else "unknown"


def render(request: Request, name: str, status: int = HTTPStatus.OK, **facts: Any) -> HTMLResponse:
    """Fill in a template; all know the settings of the study."""
    settings = site_of(request).plan.settings
    text = _TEMPLATES.get_template(f"{name}.html").render(settings=settings, **facts)
    return HTMLResponse(text, status_code=status)


def go(where: str) -> RedirectResponse:
    """Send the browser to another page by GET, so that a reload there sends nothing again."""
    return RedirectResponse(where, status_code=HTTPStatus.SEE_OTHER)
