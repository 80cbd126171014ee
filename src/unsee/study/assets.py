"""What the pages show beside their text.

/image/ID     a picture
/style.css
/icon.svg
"""

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from starlette.exceptions import HTTPException

from unsee.study.site import PAGES, site_of

CACHE_CONTROL = "private, max-age=86400, immutable"

router = APIRouter()


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
        plan.path(picture).read_bytes(),
        media_type="image/jpeg",
        headers={"Cache-Control": CACHE_CONTROL},
    )


@router.get("/style.css")
def style() -> Response:
    """Send the style sheet."""
    return FileResponse(PAGES / "style.css", headers={"Cache-Control": "no-cache"})


@router.get("/icon.svg")
def icon() -> Response:
    """Send the icon of the tab."""
    return FileResponse(PAGES / "icon.svg", headers={"Cache-Control": CACHE_CONTROL})
