"""The questions to a participant, and their answers.

/question     on to the first question without an answer
/question/N   a question and its form
/pause        where to go on from
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from unsee.study.scale import RATINGS, SCALE
from unsee.study.site import go, render, site_of, standing_of, visitor

router = APIRouter()


@router.get("/question")
def next_page(request: Request) -> Response:
    """Go to the first question without an answer."""
    standing = standing_of(request)
    if standing is None:
        return go("/")
    return go("/thanks" if standing.finished else f"/question/{standing.next}")


@router.get("/question/{position}")
def ask(request: Request, position: int) -> Response:
    """Show a question: the next one, or one that was answered before."""
    return _page(request, position)


@router.post("/question/{position}")
def answer(
    request: Request,
    position: int,
    form: Annotated[str, Form()] = "",
    rating: Annotated[str, Form()] = "",
) -> Response:
    """Keep an answer and go on."""
    site, standing, token = site_of(request), standing_of(request), visitor(request)
    if standing is None or token is None:
        return go("/")
    if not 1 <= position <= min(standing.next, standing.questions):
        return go("/question")
    milliseconds = site.forms.age(form, token, f"question {position}")
    if milliseconds is None:
        raise HTTPException(HTTPStatus.FORBIDDEN)
    if rating not in {str(one) for one in RATINGS}:
        return _page(request, position, unanswered=True)
    question = site.store.question(standing.id, position)
    if question is None:
        return go("/")
    trial, _ = question
    site.store.answer(trial.key, int(rating), milliseconds)
    return go(f"/question/{position + 1}" if position < standing.questions else "/question")


@router.get("/pause")
def pause(request: Request) -> Response:
    """Say how to go on later. The time of an answer counts anew from when its page is shown."""
    standing = standing_of(request)
    if standing is None:
        return go("/")
    return render(request, "pause", standing=standing, invited_only=site_of(request).invited_only)


def _page(request: Request, position: int, *, unanswered: bool = False) -> Response:
    site, standing, token = site_of(request), standing_of(request), visitor(request)
    if standing is None or token is None:
        return go("/")
    # None can be skipped, and a number that no database takes is no question.
    if not 1 <= position <= min(standing.next, standing.questions):
        return go("/question")
    question = site.store.question(standing.id, position)
    if question is None:
        return go("/")
    trial, former = question
    return render(
        request,
        "question",
        HTTPStatus.UNPROCESSABLE_ENTITY if unanswered else HTTPStatus.OK,
        form=site.forms.issue(token, f"question {position}"),
        position=position,
        standing=standing,
        picture=trial.picture,
        works=trial.shown.split(),
        instruction=trial.low if trial.told else None,
        choice=former.rating if former else None,
        scale=SCALE,
        unanswered=unanswered,
    )
