"""A real browser for the tests of web pages.

browser   Debian's chromium, driven by playwright; skips where there is none
watched   a page that remembers every error it writes to its console
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Start the browser.

    Without one the test is skipped, unless UNSEE_REQUIRE_BROWSER=1 says that there has to be one.
    """
    program = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if program is None:
        if os.environ.get("UNSEE_REQUIRE_BROWSER") == "1":
            pytest.fail("chromium or playwright is not installed")
        pytest.skip("chromium or playwright is not installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        started.close()


@contextlib.contextmanager
def watched(started: Any, **context: Any) -> Iterator[Any]:
    """Open a page in a profile of its own; at the end its console must hold no error."""
    profile = started.new_context(**context)
    page = profile.new_page()
    errors: list[str] = []
    page.on("console", lambda one: errors.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: errors.append(str(one)))
    page.on("requestfailed", lambda one: errors.extend(_failure(one)))
    yield page
    profile.close()
    assert not errors, "; ".join(errors)


def _failure(request: Any) -> list[str]:
    # What a page was still loading when the next one was opened is no failure.
    aborted = "ERR_ABORTED" in (request.failure or "")
    return [] if aborted else [f"{request.url}: {request.failure}"]
