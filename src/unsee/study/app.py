"""The app of a study: all of its pages.

build_app   a site -> the whole app

    entrance.py    invites and consent
    questions.py   questions and their answers
    farewell.py    the end, and the deletion of all answers
    admin.py       the page of the one who runs the study
    assets.py      pictures, the style sheet, the icon

Nothing that leaves the server names a system: pictures have random names, and what they are stays
in the plan. Handlers are plain functions: each runs in a thread while the database works.
"""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from unsee.study import admin, assets, entrance, errors, farewell, questions
from unsee.study.shield import Shield
from unsee.study.site import Site


def build_app(site: Site) -> ASGIApp:
    """Make the app of a study."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = site
    for part in (entrance, questions, farewell, admin, assets):
        app.include_router(part.router)
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
