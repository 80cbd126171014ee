"""Pages that say what did not work, to a participant or to the admin, and where to go on.

refuse    a status -> its page
unknown   an address that makes no sense -> there is no such page
fault     anything that went wrong here
show      the page itself
"""

from http import HTTPStatus

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from unsee.study import admin
from unsee.study.site import render, site_of

MESSAGES = {
    HTTPStatus.BAD_REQUEST: "The form did not arrive whole. Go back and send it again.",
    HTTPStatus.FORBIDDEN: "This form cannot be used any more. What you answered before is saved.",
    HTTPStatus.NOT_FOUND: "There is no such page.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This page cannot be used like that.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is too long.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many wrong links. Wait some minutes, then open yours again.",
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Something went wrong here. What you answered before is saved."
    ),
}
ADMIN_MESSAGES = MESSAGES | {
    HTTPStatus.FORBIDDEN: "Your login is over, or this form too old. Nothing was changed.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many wrong passwords. Wait some minutes.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong here. The server's log says what.",
}


def refuse(request: Request, error: Exception) -> Response:
    """Answer with the page of a status."""
    assert isinstance(error, HTTPException)
    response = show(request, HTTPStatus(error.status_code))
    response.headers.update(error.headers or {})
    return response


def unknown(request: Request, error: Exception) -> Response:
    """Answer that there is no such page."""
    return show(request, HTTPStatus.NOT_FOUND)


def fault(request: Request, error: Exception) -> Response:
    """Answer that the fault is ours."""
    return show(request, HTTPStatus.INTERNAL_SERVER_ERROR)


def show(request: Request, status: HTTPStatus) -> Response:
    """Say what did not work, to a participant or to the admin, and where to go on."""
    prefix, path = admin.router.prefix, request.url.path
    within = path == prefix or path.startswith(f"{prefix}/")
    is_admin = within and site_of(request).logins is not None
    messages = ADMIN_MESSAGES if is_admin else MESSAGES
    message = messages.get(status, f"The server answers: {status.phrase}.")
    return render(request, "error", status, message=message, is_admin=is_admin)
