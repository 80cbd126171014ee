"""How people leave: at the end, or by having everything deleted.

/thanks      the end
/withdraw    deletes everything that the participant answered
/withdrawn   says so
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from unsee.study.site import COOKIE, go, render, site_of, standing_of, visitor

router = APIRouter()


@router.get("/thanks")
def thanks(request: Request) -> Response:
    """Say thanks, once every question has an answer."""
    standing = standing_of(request)
    if standing is None or not standing.finished:
        return go("/question")
    return render(request, "thanks", standing=standing)


@router.get("/withdraw")
def ask_to_withdraw(request: Request) -> Response:
    """Ask whether everything shall be deleted."""
    standing, token = standing_of(request), visitor(request)
    if standing is None or token is None:
        return go("/")
    form = site_of(request).forms.issue(token, "withdraw")
    return render(request, "withdraw", standing=standing, form=form)


@router.post("/withdraw")
def withdraw(request: Request, form: Annotated[str, Form()] = "") -> Response:
    """Delete everything that the participant answered."""
    site, standing, token = site_of(request), standing_of(request), visitor(request)
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
