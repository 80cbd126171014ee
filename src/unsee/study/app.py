"""The pages of a participant.

build_app   a site -> the whole app, admin page included

    /                consent, or on to the questions
    /i/TOKEN         the link of an invite
    /question        on to the first question without an answer
    /question/N      a question and its form
    /pause           where to go on from
    /thanks          the end
    /withdraw        deletes everything that the participant answered
    /image/ID        a picture

Nothing that leaves the server names a system: pictures have random names, and what they are stays
in the plan. Handlers are plain functions: each runs in a thread while the database works.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, FastAPI, Form, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from unsee.study import admin, errors
from unsee.study.order import RATINGS
from unsee.study.security import is_token, new_token
from unsee.study.shield import Shield
from unsee.study.site import COOKIE, PAGES, Site, address, go, remember, render, site_of, visitor
from unsee.study.store import Standing

SCALE = dict(
    zip(RATINGS, ("Not at all", "Slightly", "Moderately", "Very", "Completely"), strict=True)
)
CACHED = "private, max-age=86400, immutable"

router = APIRouter()


def build_app(site: Site) -> ASGIApp:
    """Make the app of a study."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = site
    app.include_router(router)
    app.include_router(admin.router)
    app.add_exception_handler(HTTPException, errors.refuse)
    # The forms have defaults for everything: what is left to be wrong is the address.
    app.add_exception_handler(RequestValidationError, errors.unknown)
    app.add_exception_handler(Exception, errors.fault)
    return Shield(
        app,
        lambda scope: errors.show(
            Request({**scope, "app": app}), HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        ),
    )


@router.get("/")
def welcome(request: Request) -> Response:
    """Ask for consent, once."""
    site, token = site_of(request), visitor(request)
    if _standing(request) is not None:
        return go("/question")
    if site.invited_only and (token is None or not site.store.invited(token)):
        return render(request, "invited", HTTPStatus.FORBIDDEN, wrong=False)
    token = token or new_token()
    response = render(
        request,
        "consent",
        form=site.forms.issue(token, "consent"),
        paragraphs=site.plan.settings.consent.strip().split("\n\n"),
        questions=site.plan.length + site.plan.settings.checks,
    )
    remember(response, request, token, agreed=False)
    return response


@router.get("/i/{token}")
def follow_invite(request: Request, token: str) -> Response:
    """Take the token of an invite into the cookie, and out of the address."""
    site = site_of(request)
    # A link that lost its end is no guess: it cannot be right.
    right = is_token(token) and site.store.invited(token)
    if is_token(token):
        _count_guess(request, right=right)
    if right:
        response = go("/")
        agreed = site.store.standing(token) is not None
        remember(response, request, token, agreed=agreed)
        return response
    if site.invited_only:
        return render(request, "invited", HTTPStatus.NOT_FOUND, wrong=True)
    raise HTTPException(HTTPStatus.NOT_FOUND)


@router.post("/consent")
def consent(
    request: Request, form: Annotated[str, Form()] = "", agree: Annotated[str, Form()] = ""
) -> Response:
    """Begin."""
    site, token = site_of(request), visitor(request)
    if token is None or site.forms.age(form, token, "consent") is None:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    if site.invited_only and not site.store.invited(token):
        return render(request, "invited", HTTPStatus.FORBIDDEN, wrong=False)
    if agree != "yes":
        return go("/")
    site.store.enter(token)
    response = go("/question")
    remember(response, request, token, agreed=True)
    return response


@router.get("/question")
def next_question(request: Request) -> Response:
    """Go to the first question without an answer."""
    standing = _standing(request)
    if standing is None:
        return go("/")
    return go("/thanks" if standing.finished else f"/question/{standing.next}")


@router.get("/question/{position}")
def ask(request: Request, position: int) -> Response:
    """Show a question: the next one, or one that was answered before."""
    return _question(request, position)


@router.post("/question/{position}")
def answer(
    request: Request,
    position: int,
    form: Annotated[str, Form()] = "",
    rating: Annotated[str, Form()] = "",
) -> Response:
    """Keep an answer and go on."""
    site, standing, token = site_of(request), _standing(request), visitor(request)
    if standing is None or token is None:
        return go("/")
    if not 1 <= position <= min(standing.next, standing.questions):
        return go("/question")
    milliseconds = site.forms.age(form, token, f"question {position}")
    if milliseconds is None:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    if rating not in {str(one) for one in RATINGS}:
        return _question(request, position, unanswered=True)
    found = site.store.question(standing.id, position)
    if found is None:
        return go("/")
    site.store.answer(found[0].id or 0, int(rating), milliseconds)
    return go(f"/question/{position + 1}" if position < standing.questions else "/question")


@router.get("/pause")
def pause(request: Request) -> Response:
    """Say how to go on later. The time of an answer counts anew from when its page is shown."""
    standing = _standing(request)
    if standing is None:
        return go("/")
    return render(request, "pause", standing=standing, invited_only=site_of(request).invited_only)


@router.get("/thanks")
def thanks(request: Request) -> Response:
    """Say thanks, once every question has an answer."""
    standing = _standing(request)
    if standing is None or not standing.finished:
        return go("/question")
    return render(request, "thanks", standing=standing)


@router.get("/withdraw")
def ask_to_withdraw(request: Request) -> Response:
    """Ask whether everything shall be deleted."""
    standing, token = _standing(request), visitor(request)
    if standing is None or token is None:
        return go("/")
    form = site_of(request).forms.issue(token, "withdraw")
    return render(request, "withdraw", standing=standing, form=form)


@router.post("/withdraw")
def withdraw(request: Request, form: Annotated[str, Form()] = "") -> Response:
    """Delete everything that the participant answered."""
    site, standing, token = site_of(request), _standing(request), visitor(request)
    if standing is None or token is None:
        return go("/")
    if site.forms.age(form, token, "withdraw") is None:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    site.store.forget(standing.code)
    response = go("/withdrawn")
    response.delete_cookie(COOKIE)
    return response


@router.get("/withdrawn")
def withdrawn(request: Request) -> Response:
    """Say that everything is deleted."""
    return render(request, "withdrawn")


@router.get("/image/{picture}")
async def image(request: Request, picture: str) -> Response:
    """Send a picture: by a name that the plan has, never by a path that a request made up.

    Reading a small file takes less time than to hand the request to a thread.
    """
    plan = site_of(request).plan
    if picture not in plan.by_id:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    # From memory: a file response would tell when the file was written.
    return Response(
        plan.path(picture).read_bytes(), media_type="image/jpeg", headers={"Cache-Control": CACHED}
    )


@router.get("/style.css")
def style() -> Response:
    """Send the style sheet."""
    return FileResponse(PAGES / "style.css", headers={"Cache-Control": "no-cache"})


@router.get("/icon.svg")
def icon() -> Response:
    """Send the icon of the tab."""
    return FileResponse(PAGES / "icon.svg", headers={"Cache-Control": CACHED})


def _standing(request: Request) -> Standing | None:
    """Find the participant whose cookie this is.

    By invitation, a cookie of nobody is a guess; who takes part never waits for others' guesses.
    """
    site, token = site_of(request), visitor(request)
    if token is None:
        return None
    standing = site.store.standing(token)
    if standing is None and site.invited_only:
        _count_guess(request, right=site.store.invited(token))
    return standing


def _count_guess(request: Request, *, right: bool) -> None:
    if seconds := site_of(request).link_guesses.wait(address(request), right=right):
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)})


def _question(request: Request, position: int, *, unanswered: bool = False) -> Response:
    site, standing, token = site_of(request), _standing(request), visitor(request)
    if standing is None or token is None:
        return go("/")
    # None can be skipped, and a number that no database takes is no question.
    if not 1 <= position <= min(standing.next, standing.questions):
        return go("/question")
    found = site.store.question(standing.id, position)
    if found is None:
        return go("/")
    asked, answered = found
    return render(
        request,
        "question",
        HTTPStatus.UNPROCESSABLE_ENTITY if unanswered else HTTPStatus.OK,
        form=site.forms.issue(token, f"question {position}"),
        position=position,
        standing=standing,
        picture=asked.picture,
        shown=asked.shown.split(),
        told=asked.low if asked.told else None,
        chosen=answered.rating if answered else None,
        scale=SCALE,
        unanswered=unanswered,
    )
