"""The page in a real browser: from a concept to its file, as people use it.

Debian's chromium, headless. Without one the tests are skipped, unless UNSEE_REQUIRE_BROWSER=1.
Every test also fails where the page logs an error or asks anyone but its own server for anything.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from unsee.cli import WRONG_INPUT, main
from unsee.emoji.model import folder as embedded
from unsee.weights.erased import ErasedWeights

sync_api = pytest.importorskip("playwright.sync_api")
pytest.importorskip("gradio")

Browser, Page = sync_api.Browser, sync_api.Page
expect = sync_api.expect
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT = 60_000
"""Milliseconds until something must have come of a click."""
# On a busy machine a drawing takes more than the usual five seconds.
expect.set_options(timeout=WAIT / 3)
UNENDING = "100000"
"""Steps of an erasure that is not meant to end."""


@dataclass
class Served:
    """A server of the page, and where its erased files are."""

    address: str
    port: int
    folder: Path
    running: str = ""
    """The erasure that a test leaves to run when the server ends."""


def quick(folder: Path) -> Path:
    """The embedded model in a folder, to be drawn with and erased from in two sampler steps."""
    shutil.copytree(embedded(), folder)
    recipe = folder / "quick.toml"
    recipe.write_text('method = "esd-x"\nlr = 1e-3\nsource = "original"\nsampler_steps = 2\n')
    defaults = {"steps": 2, "guidance": 3.0, "recipe": str(recipe)}
    (folder / "unsee.json").write_text(json.dumps(defaults))
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The command itself, as a process of its own; it ends well when it is asked to."""
    folder = tmp_path_factory.mktemp("ui") / "erased"
    model = str(quick(folder.parent / "emoji"))
    made = ["erase", "in the style of flat", "--out", str(folder / "flat.safetensors")]
    assert main([*made, "--steps", "1", "--sampler-steps", "2", "--rollouts", "2"]) == 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "unsee", "ui", "--port", str(port), "--folder", str(folder)]
    with subprocess.Popen(
        [*command, "--models", model, "--device", "cpu"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line == f"the page is http://127.0.0.1:{port}/ (Ctrl-C ends it)\n"
        served = Served(f"http://127.0.0.1:{port}/", port, folder)
        yield served
        server.send_signal(signal.SIGTERM)
        told = server.stdout.read().splitlines()
        assert server.wait(30) == 0
        if served.running:
            # A machine that is slow has not come to a step yet.
            how_far = f"(after step [0-9]+ of {UNENDING}|before its first step)"
            found = re.fullmatch(f"not finished: {served.running}, stopped {how_far}", told[0])
            assert found
            assert "serve the same folder again" in told[1]
            kept = sorted(path.suffix for path in (folder / "unfinished").iterdir())
            begun = "after" in found[1]
            assert kept == ([".json", ".safetensors"] if begun else [".json"])
        assert len(told) == (2 if served.running else 0)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        if os.environ.get("UNSEE_REQUIRE_BROWSER") == "1":
            pytest.fail("no chromium, and UNSEE_REQUIRE_BROWSER=1")
        pytest.skip("no chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(served: Served, browser: Browser) -> Iterator[Visit]:
    """Come to the page as a visitor of one's own."""
    wrong: list[str] = []
    contexts = []

    def visit(width: int = 1280, height: int = 900) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on("console", lambda said: wrong.extend(complaint(said)))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith((served.address, "data:", "blob:"))
                else wrong.append(f"asked for {asked.url}")
            ),
        )
        page.goto(served.address)
        expect(page.locator("#erase")).to_be_enabled(timeout=WAIT)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert wrong == []


def complaint(said: Any) -> list[str]:
    """What the console says is wrong."""
    # A page that is left, or loaded again, ends what it was still being told.
    left = said.text.startswith("AbortError: signal is aborted without reason")
    return [said.text] if said.type == "error" and not left else []


def field(page: Page, name: str) -> Any:
    """The place to type, of the field with this id."""
    return page.locator(f"#{name}").locator("textarea, input").first


def erase(page: Page, concept: str, steps: str = "4", **fields: str) -> None:
    """Fill in the form, a field for each name, and press the button."""
    if not field(page, "steps").is_visible():
        page.get_by_text("More settings").click()
    filled = {"concept": concept, "steps": steps, "every": "2", "watched": concept, **fields}
    # What is typed into a field that has just been unfolded may be lost.
    for _ in range(20):
        for name, text in filled.items():
            field(page, name).fill(text)
        page.wait_for_timeout(100)
        kept = {name: field(page, name).input_value() for name in filled}
        if kept == filled:
            break
    assert kept == filled
    page.locator("#erase").click()


def state(page: Page, state: str) -> None:
    page.locator(f"#status [data-state={state}]").wait_for()


def fits(page: Page) -> None:
    """Nothing is wider than the window."""
    assert page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth")


def nothing_stays_beside_a_file_that_is_gone_or_broken(
    page: Page, folder: Path, chosen: str
) -> None:
    """On a page that shows all that there can be of a file, and lists `gone` and `broken`."""

    def choose(name: str) -> None:
        page.get_by_label("File", exact=True).click()
        page.get_by_role("option", name=name).click()

    (folder / "gone.safetensors").unlink()
    parts = ("#file-download", "#export", "#exported", "#pair")
    for part in parts:
        expect(page.locator(part)).to_be_visible()
    for name, words in (
        ("gone.safetensors", "there is no erased file 'gone.safetensors'; choose one of the list"),
        ("broken.safetensors", "cannot read broken.safetensors: it is truncated"),
    ):
        choose(name)
        expect(page.get_by_role("alert")).to_contain_text(words)
        expect(page.locator("#file-recipe")).not_to_contain_text("base model")
        expect(page.locator("#file-recipe")).not_to_contain_text(str(folder))
        for part in parts:
            expect(page.locator(part)).to_be_hidden()
        # Not Gradio's own words beside them.
        page.wait_for_timeout(300)
        expect(page.locator(".toast-body")).to_have_count(0)
        choose(chosen)
        expect(page.locator("#file-download")).to_be_visible()
    (folder / "broken.safetensors").unlink()


def test_from_a_concept_to_its_file(served: Served, visit: Visit) -> None:
    flat = (served.folder / "flat.safetensors").read_bytes()
    for name, piece in (("broken", flat[:1000]), ("gone", flat)):
        (served.folder / f"{name}.safetensors").write_bytes(piece)
    page = visit()
    expect(page.locator("#status")).to_contain_text("No erasure yet")
    # With no prompt to watch, it is the concept.
    erase(page, "cat in the style of noto", eta="1.5", watched="")
    page.locator("#sheet img").nth(1).wait_for()
    state(page, "done")
    expect(page.locator("#status")).to_contain_text(
        "done after 4 steps: cat-in-the-style-of-noto.safetensors"
    )
    expect(page.locator("#sheet span")).to_have_text(["original", "erased"])
    expect(page.locator("#sheet figcaption")).to_have_text(["cat in the style of noto"])
    expect(page.locator("#curve svg")).to_have_attribute("aria-label", re.compile("step 4 of 4"))
    with page.expect_download() as download:
        page.locator("#download").click()
    assert download.value.suggested_filename == "cat-in-the-style-of-noto.safetensors"
    path = served.folder / download.value.suggested_filename
    erased = ErasedWeights.load(path)
    assert Path(download.value.path()).read_bytes() == path.read_bytes()
    assert (erased.provenance.title, erased.provenance.eta) == ("'cat in the style of noto'", 1.5)
    assert erased.provenance.config["steps"] == 4

    # What the form says by now is of another erasure.
    field(page, "watched").fill("church")
    page.locator("#look").click()
    expect(page.locator("#file-recipe")).to_contain_text("eta 1.5")
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("cat in the style of noto")
    for wrong, words in (("1.7", "a whole number up to 2**53, not 1.7"), ("", "seed is empty")):
        field(page, "pair-seed").fill(wrong)
        page.locator("#draw").click()
        expect(page.get_by_role("alert")).to_contain_text(words)
    field(page, "pair-seed").fill("7")
    page.locator("#draw").click()
    expect(page.locator("#pair img")).to_have_count(2)
    sources = [image.get_attribute("src") for image in page.locator("#pair img").all()]
    assert sources[0] != sources[1]
    with page.expect_download() as download:
        page.locator("#file-download").click()
    assert Path(download.value.path()).read_bytes() == path.read_bytes()
    page.get_by_label("Export for other tools").click()
    page.get_by_role("option", name="lora", exact=True).click()
    page.locator("#export").click()
    with page.expect_download() as download:
        page.locator("#exported").click()
    assert download.value.suggested_filename == "cat-in-the-style-of-noto-lora.safetensors"
    assert Path(download.value.path()).stat().st_size > 1000
    nothing_stays_beside_a_file_that_is_gone_or_broken(page, served.folder, path.name)


def test_what_is_wrong_in_the_form_is_said_in_one_line(visit: Visit) -> None:
    page = visit()
    told = page.get_by_role("alert")
    page.locator("#erase").click()
    expect(told).to_have_text("the concept is empty; name it, for instance 'Van Gogh'")
    erase(page, "cat", eta="101")
    expect(told).to_have_text("eta must be between 0 and 100, not 101.0")
    erase(page, "cat", eta="1", every="2.5")
    expect(told).to_contain_text("drawings must be a whole number up to 2**53, not 2.5")
    erase(page, "cat", eta="strong")
    expect(told).to_have_text("eta must be a number, not 'strong'")
    page.get_by_role("combobox", name="Model", exact=True).fill("emojy")
    page.get_by_role("combobox", name="Model", exact=True).press("Enter")
    erase(page, "cat", eta="")
    expect(told).to_contain_text("unknown model 'emojy'; did you mean 'emoji'?")
    expect(page.locator("#status")).to_contain_text("No erasure yet")
    page.get_by_role("combobox", name="Model", exact=True).fill("emoji")
    page.get_by_role("combobox", name="Model", exact=True).press("Enter")
    # Only the model can tell how much it reads: the job says so.
    erase(page, "cat " * 40)
    state(page, "failed")
    expect(page.locator("#status")).to_contain_text("failed: the concept has 40 tokens")
    expect(told).to_have_count(0)


def test_cancelled_it_goes_on_or_is_dropped(served: Served, visit: Visit) -> None:
    page = visit()
    erase(page, "dog", "60", every="50")
    page.locator("#status progress").wait_for()
    page.locator("#cancel").click()
    state(page, "stopped")
    expect(page.locator("#status")).to_contain_text("its state is kept")
    assert list((served.folder / "unfinished").iterdir())
    page.locator("#go-on").click()
    state(page, "running")
    page.locator("#cancel").click()
    state(page, "stopped")
    page.locator("#drop").click()
    expect(page.locator("#status")).to_contain_text("No erasure yet")
    assert not list((served.folder / "unfinished").iterdir())
    assert not (served.folder / "dog.safetensors").exists()


def test_on_a_phone_nothing_is_cut_off(visit: Visit) -> None:
    page = visit(390, 844)
    fits(page)
    erase(page, "an unbelievably-long-name-without-a-single-blank-in-it " * 2)
    state(page, "failed")
    fits(page)
    page.get_by_role("tab", name="Erased files").click()
    page.get_by_label("File", exact=True).wait_for()
    fits(page)


def test_nobody_can_upload(served: Served) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\nmore than nothing\r\n--x--\r\n"
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    asked = urllib.request.Request(f"{served.address}gradio_api/upload", body, kind)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=20)
    assert refused.value.code == 413
    refused.value.close()


def test_the_server_gives_away_erased_files_alone(
    served: Served, visit: Visit, tmp_path: Path
) -> None:
    visit()
    (served.folder / "more").mkdir()
    for path in (
        served.folder / "notes.txt",
        served.folder / ".token",
        served.folder / ".hidden.safetensors",
        served.folder / "more" / "more.safetensors",
        served.folder / "unfinished" / "state.safetensors",
        served.folder / "unfinished" / ".." / ".." / "outside.safetensors",
        tmp_path / "outside.safetensors",
    ):
        path.resolve().write_bytes(b"secret")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{served.address}gradio_api/file={path}", timeout=20)
        assert refused.value.code in (403, 404)
        refused.value.close()
        path.resolve().unlink()


def test_a_busy_port_is_refused_in_one_line(
    served: Served, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = str(tmp_path / "erased")
    assert main(["ui", "--port", str(served.port), "--folder", folder]) == WRONG_INPUT
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        f"unsee: error: cannot serve at 127.0.0.1:{served.port}: Address already in use; "
        "try another --port"
    )
    assert not (tmp_path / "erased").exists()


def test_without_gradio_the_line_that_installs_it_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert main(["ui", "--port", str(port), "--folder", str(tmp_path / "erased")]) == WRONG_INPUT
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "unsee: error: the page needs an extra: pip install 'unsee[ui]'"


def test_who_draws_does_not_wait_for_the_end_of_an_erasure(visit: Visit) -> None:
    ann, carl = visit(), visit()
    erase(ann, "clock", UNENDING, every="1000")
    ann.locator("#status progress").wait_for()
    carl.get_by_role("tab", name="Erased files").click()
    carl.get_by_label("Prompt", exact=True).fill("cat")
    carl.locator("#draw").click()
    expect(carl.locator("#pair img")).to_have_count(2)
    state(ann, "running")
    ann.locator("#cancel").click()
    state(ann, "stopped")
    ann.locator("#drop").click()
    expect(ann.locator("#status")).to_contain_text("No erasure yet")


def test_of_two_erasures_of_one_visitor_either_can_be_looked_at(visit: Visit) -> None:
    page = visit()
    erase(page, "house", UNENDING, every="1000")
    page.locator("#status progress").wait_for()
    page.locator("#cancel").click()
    state(page, "stopped")
    erase(page, "robot")
    state(page, "done")
    page.get_by_label("Your erasures").click()
    page.get_by_role("option", name=re.compile("house")).click()
    state(page, "stopped")
    page.locator("#drop").click()
    expect(page.locator("#status")).to_contain_text("robot.safetensors")


# The last one: what it leaves would be before all others in the queue.
def test_two_visitors_wait_for_each_other_and_do_not_mix(served: Served, visit: Visit) -> None:
    ann, bob = visit(), visit()
    erase(ann, "church", UNENDING, every="1000")
    ann.locator("#status progress").wait_for()
    erase(bob, "penguin")
    expect(bob.locator("#status")).to_contain_text("waiting: one erasure is before this one")
    # A reload, and another tab of the same browser, find the job that runs.
    ann.reload()
    expect(ann.locator("#status")).to_contain_text("'church' from emoji")
    step = ann.locator("#status progress").get_attribute("value")
    ann.locator(f"#status progress:not([value='{step}'])").wait_for()
    tab = ann.context.new_page()
    tab.goto(served.address)
    expect(tab.locator("#status")).to_contain_text("'church' from emoji")
    tab.close()
    ann.locator("#cancel").click()
    state(ann, "stopped")
    state(bob, "done")
    expect(bob.locator("#status")).to_contain_text("penguin.safetensors")
    expect(bob.locator("#status")).not_to_contain_text("church")
    expect(ann.locator("#status")).not_to_contain_text("penguin")
    ann.locator("#drop").click()
    expect(ann.locator("#status")).to_contain_text("No erasure yet")
    # What runs when the server ends, it tells and keeps: `served` looks at that.
    erase(ann, "owl", UNENDING, every="1000")
    ann.locator("#status progress").wait_for()
    served.running = "'owl' from emoji"
