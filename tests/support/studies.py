"""Small studies for the tests of the user study, and a visitor without a browser.

write_folders   folders of plain pictures, whose files tell in their metadata what they are
small_study     the study that they become
served          a study served by a process of its own
Visitor         follows links, sends forms, remembers everything that came back
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from httpx import Response
from PIL import Image, PngImagePlugin
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from unsee.study.folders import find_pictures
from unsee.study.plan import StudyPlan, make_study
from unsee.study.settings import Settings

ARTISTS = ("kestrel", "wolverton")
PASSWORD = "a password of the tests"
KINDS = ("real", "similar", "unedited", "esd-x", "sld-medium", "other-esd-x")


def write_folders(
    folder: Path,
    artists: Sequence[str] = ARTISTS,
    kinds: Sequence[str] = KINDS,
    pictures: int = 3,
) -> Path:
    """Write `pictures` of each artist and kind, and works enough beside them."""
    for artist in artists:
        for number, kind in enumerate(["references", *kinds]):
            place = folder / artist / kind
            place.mkdir(parents=True)
            for one in range(7 if kind == "references" else pictures):
                told = PngImagePlugin.PngInfo()
                told.add_text("Software", f"drawn by {kind} for {artist}")
                colour = (30 * number + 10, 25 * one + 20, len(artist) * 12)
                picture = Image.new("RGB", (40 + number, 30), colour)
                picture.save(place / f"{artist}-{kind}-{one}.png", pnginfo=told)
    return folder


def small_study(folder: Path, settings: Settings | None = None, **more: Any) -> StudyPlan:
    """Make a study in `folder`/study."""
    found = find_pictures(write_folders(folder / "folders", **more))
    return make_study(found, settings or Settings(side=32), folder / "study")


@contextlib.contextmanager
def served(plan: StudyPlan, *flags: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve a study at a free port; yields its address and the process."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "unsee", "study", "serve",
            "--folder", str(plan.folder), "--port", "0", *flags,
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "UNSEE_STUDY_PASSWORD": PASSWORD},
        # Tests that run in the background of a shell have Ctrl-C ignored, and so would their
        # children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdout is not None
    try:
        found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
        assert found
        yield found[0], process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Visitor:
    """Follows links, sends forms, remembers everything that came back."""

    def __init__(self, app: ASGIApp, address: str = "10.0.0.1") -> None:
        self.client = TestClient(app, client=(address, 5000), raise_server_exceptions=False)
        self.seen: list[Response] = []
        self.page: Response = self.open("/")

    def open(self, where: str) -> Response:
        """Go to a page."""
        return self._keep(self.client.get(where))

    def send(self, where: str, **fields: str) -> Response:
        """Send the first form of the page that is open, or one with another hidden field."""
        if "form" not in fields:
            fields["form"] = self.form
        return self._keep(self.client.post(where, data=fields))

    @property
    def form(self) -> str:
        """The hidden field of the page that is open."""
        found = re.search(r'name="form" value="([^"]+)"', self.page.text)
        assert found, self.page.text
        return found[1]

    @property
    def path(self) -> str:
        """Where the visitor is."""
        return self.page.url.path

    def agree(self) -> None:
        """Agree to take part."""
        self.send("/consent", agree="yes")
        assert self.path == "/question/1"

    def rate(self, rating: int = 3) -> None:
        """Answer the question that is open."""
        self.send(self.path, rating=str(rating))

    def rate_all(self, rating: int = 3) -> None:
        """Answer all that is left."""
        self.open("/question")
        while self.path.startswith("/question/"):
            self.rate(rating)
        assert self.path == "/thanks"

    def pictures(self) -> list[str]:
        """Addresses of the pictures on the page; the one in question is the last."""
        return re.findall(r'src="(/image/[^"]+)"', self.page.text)

    def _keep(self, response: Response) -> Response:
        self.seen += [*response.history, response]
        self.page = response
        return response
