"""The study as people use it: in a real browser, by mouse and by keyboard, on a phone too."""

import csv
import io
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from browsing import browser, watched
from studies import KINDS, PASSWORD, served, small_study

from unsee.study.plan import StudyPlan
from unsee.study.settings import Settings

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
BOXES = "all => all.map(one => one.getBoundingClientRect().toJSON())"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@dataclass(frozen=True)
class Served:
    """A browser, and a study that is served."""

    browser: Any
    address: str
    plan: StudyPlan

    @property
    def length(self) -> int:
        return self.plan.length + self.plan.settings.checks


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = Settings(side=96, questions=2, organiser="a test", contact="test@example.org")
    with browser() as started:
        plan = small_study(tmp_path_factory.mktemp("browser"), settings)
        with served(plan) as (address, _):
            yield Served(started, address, plan)


@pytest.fixture(scope="module")
def invited_study(tmp_path_factory: pytest.TempPathFactory, study: Served) -> Iterator[Served]:
    plan = small_study(tmp_path_factory.mktemp("invited"), Settings(side=96, questions=1, checks=0))
    with served(plan, "--invited-only") as (address, _):
        yield Served(study.browser, address, plan)


def check_layout(page: Any) -> None:
    """Nothing sticks out at the side, and every picture is there."""
    wide, shown = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= shown, page.url
    assert page.evaluate(
        "Array.from(document.images).every(one => one.complete && one.naturalWidth > 0)"
    )


def log_in(page: Any, study: Served) -> None:
    page.goto(f"{study.address}/admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_the_link_to_thanks_by_pointer(study: Served, device: dict[str, Any]):
    with watched(study.browser, **device) as page:
        page.goto(study.address)
        check_layout(page)
        # Without the tick the browser sends nothing.
        page.get_by_role("button", name="Begin").click()
        assert page.url == f"{study.address}/"
        page.get_by_label("I have read this").check()
        page.get_by_role("button", name="Begin").click()
        for position in range(1, study.length + 1):
            page.wait_for_url(f"**/question/{position}")
            assert page.title() == f"Question {position} of {study.length}"
            assert page.get_by_role("img").count() == 6
            check_layout(page)
            if position == 3:
                page.get_by_role("link", name="Back to the last question").click()
                page.wait_for_url("**/question/2")
                assert page.get_by_role("radio", name="2 Slightly").is_checked()
                page.get_by_role("radio", name="5 Completely").check()
                page.get_by_role("button", name="Next").click()
                page.wait_for_url("**/question/3")
                page.get_by_role("link", name="Pause").click()
                assert f"2 of {study.length} questions are answered" in page.content()
                check_layout(page)
                page.get_by_role("link", name="Go on now").click()
                page.wait_for_url("**/question/3")
                page.reload()
            # Without an answer the browser sends nothing.
            page.get_by_role("button", name="Next").click()
            assert page.url.endswith(f"/question/{position}")
            page.get_by_text("Slightly").last.click()
            page.get_by_role("button", name="Next").click()
        page.wait_for_url("**/thanks")
        check_layout(page)
        # The browser's own back button shows a question whose answer is kept, and takes no more.
        page.go_back()
        page.wait_for_url(f"**/question/{study.length}")
        assert page.get_by_role("radio", name="2 Slightly").is_checked()
        page.get_by_role("button", name="Next").click()
        page.wait_for_url("**/thanks")
        code = page.locator(".code").inner_text()
    with watched(study.browser, **DESKTOP) as page:
        log_in(page, study)
        page.get_by_role("link", name="All answers as CSV").wait_for()
        text = page.request.get(f"{study.address}/admin/answers.csv").text()
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["participant"] == code]
    assert [int(row["position"]) for row in rows] == list(range(1, study.length + 1))
    assert [row["rating"] for row in rows] == ["2", "5"] + ["2"] * (study.length - 2)


def test_a_question_fits_and_its_answers_have_one_size(study: Served):
    with watched(study.browser, **DESKTOP) as page:
        page.goto(study.address)
        page.get_by_label("I have read this").check()
        page.get_by_role("button", name="Begin").click()
        page.wait_for_url("**/question/1")
        # The second question has all the links that one can have.
        page.get_by_text("Very").last.click()
        page.get_by_role("button", name="Next").click()
        page.wait_for_url("**/question/2")
        if "checks attention" in page.content():
            page.evaluate("document.getElementById('told').remove()")
        for width, height in ((1280, 800), (390, 844), (375, 667), (320, 640)):
            page.set_viewport_size({"width": width, "height": height})
            check_layout(page)
            boxes = page.locator(".scale label").evaluate_all(BOXES)
            words = page.locator(".scale label span").evaluate_all(BOXES)
            assert len({(round(box["width"], 1), round(box["height"], 1)) for box in boxes}) == 1
            for box, word in zip(boxes, words, strict=True):
                assert box["left"] <= word["left"] <= word["right"] <= box["right"]
            (button,) = page.get_by_role("button", name="Next").evaluate_all(BOXES)
            # Below that nothing fits, and the scale is easier to hit as a list.
            assert button["bottom"] <= height or width < 390


def focused(page: Any) -> str:
    return page.evaluate(
        "(document.activeElement.innerText || document.activeElement.name || '').trim()"
    )


def test_from_the_link_to_deletion_by_keyboard_alone(study: Served):
    with watched(study.browser, **DESKTOP) as page:
        page.goto(study.address)
        page.keyboard.press("Tab")
        assert focused(page) == "agree"
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        assert focused(page) == "Begin"
        page.keyboard.press("Enter")
        for position in range(1, study.length + 1):
            page.wait_for_url(f"**/question/{position}")
            # The scale is the first thing on the page that takes a key; arrows choose, Enter sends.
            page.keyboard.press("Tab")
            assert focused(page) == "rating"
            outline = page.evaluate(
                "getComputedStyle(document.activeElement.closest('label')).outlineStyle"
            )
            assert outline == "solid"
            page.keyboard.press("ArrowDown")
            page.keyboard.press("ArrowDown")
            assert page.get_by_role("radio", name="3 Moderately").is_checked()
            page.keyboard.press("Enter")
        page.wait_for_url("**/thanks")
        page.keyboard.press("Tab")
        assert focused(page) == "Back to the last question"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/withdraw")
        page.keyboard.press("Tab")
        assert focused(page) == "Delete everything"
        page.keyboard.press("Enter")
        page.wait_for_url("**/withdrawn")
        assert "Nothing about your participation is stored" in page.content()


def test_the_admin_invites_somebody_who_takes_part_and_is_deleted(invited_study: Served):
    with watched(invited_study.browser, **DESKTOP) as admin:
        log_in(admin, invited_study)
        admin.get_by_label("How many more").fill("2")
        admin.get_by_role("button", name="Make links").click()
        links = admin.locator("pre").inner_text().split()
        assert len(links) == 2
        with watched(invited_study.browser, **PHONE) as page:
            page.goto(links[0])
            assert page.url == f"{invited_study.address}/"
            page.get_by_label("I have read this").check()
            page.get_by_role("button", name="Begin").click()
            page.get_by_text("Very").last.click()
            page.get_by_role("button", name="Next").click()
            page.wait_for_url("**/thanks")
            code = page.locator(".code").inner_text()
        admin.goto(f"{invited_study.address}/admin")
        check_layout(admin)
        assert "1 of 1" in admin.get_by_role("region", name="Participants").inner_text()
        admin.set_viewport_size({"width": 390, "height": 844})
        check_layout(admin)
        # Nothing of the table is cut off: who deletes from a phone finds where.
        region = admin.get_by_role("region", name="Participants")
        wide, shown = region.evaluate("one => [one.scrollWidth, one.clientWidth]")
        assert wide <= shown
        admin.get_by_role("link", name=f"Delete the data of {code}").click()
        check_layout(admin)
        admin.get_by_role("button", name="Delete everything").click()
        admin.get_by_text(f"All data of {code} is deleted").wait_for()
        assert "Nobody has agreed" in admin.content()
        admin.get_by_role("button", name="Log out").click()
        admin.get_by_label("Password").wait_for()


def test_the_source_of_a_page_in_the_browser_names_no_system(study: Served):
    with watched(study.browser, **DESKTOP) as page:
        requests: list[str] = []
        page.on("request", lambda one: requests.append(one.url))
        page.goto(study.address)
        page.get_by_label("I have read this").check()
        page.get_by_role("button", name="Begin").click()
        page.wait_for_url("**/question/1")
        told = "\n".join([*requests, page.content()])
        assert len(requests) > 6
        assert not re.search("|".join([*KINDS[1:], r"\breal\b"]), told)


def test_scripts_are_refused_by_the_browser(study: Served):
    context = study.browser.new_context()
    page = context.new_page()
    page.goto(study.address)
    page.evaluate(
        "() => { const one = document.createElement('script');"
        " one.textContent = 'document.title = \"ours\"'; document.body.append(one) }"
    )
    assert page.title() != "ours"
    context.close()


# Accessibility


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, as npm has it."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("axe-core comes from npm, which is not installed")
    folder = tmp_path_factory.mktemp("axe")
    try:
        subprocess.run(
            [npm, "pack", "--silent", "axe-core@4"],
            cwd=folder, check=True, capture_output=True, timeout=40,
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"npm could not get axe-core: {error}")
    (packed,) = folder.glob("*.tgz")
    with tarfile.open(packed) as archive:
        script = archive.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode()


def check_access(page: Any, axe: str) -> None:
    """axe-core finds nothing serious on the page that is open."""
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    assert len(found["passes"]) > 5
    serious = [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == [], f"{page.url}: {json.dumps(serious, indent=1)}"


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_serious_violation_on_any_page(
    study: Served, axe: str, device: dict[str, Any]
):
    with watched(study.browser, **device) as page:

        def inspect() -> None:
            check_access(page, axe)

        page.goto(study.address)
        inspect()
        page.get_by_label("I have read this").check()
        page.get_by_role("button", name="Begin").click()
        while True:
            page.get_by_role("heading", name="Question").wait_for()
            if "checks attention" in page.content():
                inspect()
            page.get_by_text("Very").last.click()
            last = page.url.endswith(f"/{study.length}")
            page.get_by_role("button", name="Next").click()
            if last:
                break
        page.wait_for_url("**/thanks")
        inspect()
        for where in ("pause", "withdraw", "withdrawn", "admin"):
            page.goto(f"{study.address}/{where}")
            inspect()
        log_in(page, study)
        page.get_by_role("region", name="Participants").wait_for()
        inspect()
        page.get_by_role("link", name="Delete the data of").first.click()
        page.get_by_role("button", name="Delete everything").wait_for()
        inspect()


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_serious_violation_where_somebody_is_refused_or_invited(
    invited_study: Served, axe: str, device: dict[str, Any]
):
    # Not watched: the browser writes every refusal to its console.
    context = invited_study.browser.new_context(**device)
    page = context.new_page()
    for where in ("", "i/cut-short", "none", "image/none"):
        page.goto(f"{invited_study.address}/{where}")
        check_layout(page)
        check_access(page, axe)
    log_in(page, invited_study)
    page.get_by_label("How many more").fill("2")
    page.get_by_role("button", name="Make links").click()
    page.wait_for_url("**/admin/links")
    check_layout(page)
    check_access(page, axe)
    page.get_by_role("link", name="Back to the admin page").click()
    page.get_by_role("button", name="Revoke").wait_for()
    check_layout(page)
    check_access(page, axe)
    page.goto(f"{invited_study.address}/admin/none")
    page.get_by_role("link", name="To the admin page").wait_for()
    check_access(page, axe)
    context.close()
