"""How people come in: by the link of an invite, or by themselves, and by their consent.

/           consent, or on to the questions
/i/TOKEN    the link of an invite
/consent    begins
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from unsee.study.security import is_token, new_token
from unsee.study.site import count_guess, go, remember, render, site_of, standing_of, visitor

router = APIRouter()


@router.get("/")
def welcome(request: Request) -> Response:
    """Ask for consent, once."""
    site, token = site_of(request), visitor(request)
    if standing_of(request) is not None:
        return go("/question")
    if site.invited_only and (token is None or not site.store.is_invited(token)):
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
    right = is_token(token) and site.store.is_invited(token)
    if is_token(token):
        count_guess(request, right=right)
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
    if site.invited_only and not site.store.is_invited(token):
        return render(request, "invited", HTTPStatus.FORBIDDEN, wrong=False)
    if agree != "yes":
        return go("/")
    site.store.enter(token)
    response = go("/question")
    remember(response, request, token, agreed=True)
    return response
