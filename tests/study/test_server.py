"""The commands of the study in processes of their own: served, killed, served again, analysed."""

import csv
import json
import re
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest
from PIL import Image
from studies import served, small_study, write_folders

import unsee
from unsee.cli import STOPPED, WRONG_INPUT, main
from unsee.loading import Model
from unsee.study.plan import StudyPlan
from unsee.study.security import GUESSES, new_token
from unsee.study.server import open_site


def form(page: httpx.Response) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def test_a_crash_between_two_answers_loses_none_and_counts_none_twice(tmp_path: Path):
    plan = small_study(tmp_path)
    ratings: dict[int, int] = {}
    with httpx.Client(follow_redirects=True) as client:
        page = None
        # Killed three times, twice of them right after an answer was confirmed.
        for start in (1, 4, 9):
            with served(plan) as (address, process):
                page = client.get(f"{address}/question")
                if start == 1:
                    page = client.post(
                        f"{address}/consent", data={"form": form(page), "agree": "yes"}
                    )
                assert page.url.path == f"/question/{start}"
                while page.url.path.startswith("/question/"):
                    position = int(page.url.path.rpartition("/")[2])
                    if position in {4, 9} - {start}:
                        break
                    ratings[position] = 1 + position % 5
                    last = form(page)
                    page = client.post(
                        str(page.url), data={"form": last, "rating": str(ratings[position])}
                    )
                process.send_signal(signal.SIGKILL)
                process.wait()
                # The browser of a participant says that the server is gone, and they press reload.
                with pytest.raises(httpx.TransportError):
                    client.get(f"{address}/question")
        assert page is not None
        assert page.url.path == "/thanks"
    out = tmp_path / "results"
    assert main(["study", "analyse", "--folder", str(plan.folder), "--out", str(out),
                 "--failed-checks", "2"]) == 0  # fmt: skip
    with (out / "answers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {int(row["position"]): int(row["rating"]) for row in rows} == ratings
    assert len(rows) == len(ratings) == plan.length + plan.settings.checks
    assert {row["changes"] for row in rows} == {"0"}
    result = json.loads((out / "result.json").read_text())
    assert result["answers"] == plan.length
    with Image.open(out / "figure.png") as figure:
        assert figure.format == "PNG"
    # What is there is not replaced unasked.
    again = ["study", "analyse", "--folder", str(plan.folder), "--out", str(out)]
    assert main([*again, "--failed-checks", "2"]) == WRONG_INPUT


def test_ctrl_c_ends_the_server_and_headers_do_not_name_it(tmp_path: Path):
    plan = small_study(tmp_path)
    with served(plan, "--proxy", "127.0.0.1") as (address, process):
        headers = httpx.get(address).headers
        assert "server" not in headers
        assert "set-cookie" in headers
        # Behind a proxy that speaks https to the world, cookies are for https alone.
        proxied = httpx.get(address, headers={"X-Forwarded-Proto": "https"})
        assert "Secure" in proxied.headers["set-cookie"]
        # Nobody gets more guesses by claiming, in a header of their own, to be somebody else.
        guesses = [
            httpx.get(
                f"{address}/i/{new_token()}", headers={"X-Forwarded-For": f"6.6.6.{one}, 10.0.0.7"}
            ).status_code
            for one in range(GUESSES + 1)
        ]
        assert guesses == [404] * GUESSES + [429]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == STOPPED


def test_an_address_that_is_taken_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    plan = small_study(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = ["study", "serve", "--folder", str(plan.folder), "--port", str(port)]
        assert main(words) == WRONG_INPUT
    assert (
        f"cannot listen at 127.0.0.1 port {port}: Address already in use" in capsys.readouterr().err
    )


def test_create_takes_folders_and_their_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = write_folders(tmp_path / "folders")
    (folder / "study.toml").write_text('title = "Whose?"\nside = 32\nquestions = 5\n')
    out = str(tmp_path / "study")
    assert main(["study", "create", "--from", str(folder), "--out", out]) == 0
    assert "5 questions and 2 checks" in capsys.readouterr().out
    assert StudyPlan.read(tmp_path / "study").settings.title == "Whose?"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["create"], "give one of --model emoji and --from FOLDER"),
        (["create", "--model", "emoji", "--from", "x"], "give one of --model emoji and --from"),
        (["create", "--model", "sd"], "only emoji has real works of its own"),
        (["create", "--from", "none"], "there is no folder none"),
        (["create", "--model", "emoji", "--systems", "esd-y"], "esd-y"),
        (["create", "--model", "emoji", "--systems", "unedited"], "keeps no artist away"),
        (["create", "--model", "emoji", "--artists", "1"], "--artists must be between 2 and 8"),
        (["create", "--model", "emoji", "--pictures", "0"], "--pictures must be between 1 and"),
        (["serve", "--folder", "none"], "none holds no study; make one: unsee study create"),
        (["analyse", "--folder", "none"], "none holds no study"),
        (["analyse", "--failed-checks", "-1"], "--failed-checks must be 0 or more, not -1"),
        (["serve", "--port", "99999"], "--port must be between 0 and 65535, not 99999"),
        (["serve", "--port", "-1"], "--port must be between 0 and 65535, not -1"),
        (["create", "--from", "x", "--artists", "1"], "--artists is for --model"),
        (["create", "--from", "x", "--systems", "bogus"], "--systems is for --model"),
        (["create", "--from", "x", "--steps", "3"], "--steps is for --model"),
        (["create", "--from", "x", "--settings", "none"], "cannot read none"),
        (["create", "--from", "x", "--out", "y" * 300], "File name too long"),
    ],
)
def test_commands_that_make_no_sense(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
):
    monkeypatch.chdir(tmp_path)
    assert main(["study", *words]) == WRONG_INPUT
    told = capsys.readouterr()
    assert message in told.err
    assert told.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("proxy", ["nonsense", "*", "localhost", "10.0.0.1/8"])
def test_a_proxy_that_is_no_address_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], proxy: str
):
    plan = small_study(tmp_path)
    words = ["study", "serve", "--folder", str(plan.folder), "--port", "0", "--proxy", proxy]
    assert main(words) == WRONG_INPUT
    assert "--proxy takes addresses and networks" in capsys.readouterr().err


def test_answers_lie_in_the_folder_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.delenv("UNSEE_STUDY_DATABASE", raising=False)
    plan = small_study(tmp_path / "whose? 100%20 #1")
    words = ["study", "analyse", "--folder", str(plan.folder), "--out", str(tmp_path / "out")]
    # Without answers nothing is analysed, and nothing made.
    assert main(words) == WRONG_INPUT
    assert "there are no answers: there is no database" in capsys.readouterr().err
    assert not (plan.folder / "answers.sqlite").exists()
    open_site(plan.folder).store.close()
    assert (plan.folder / "answers.sqlite").is_file()
    assert len(list(tmp_path.iterdir())) == 1


def test_settings_can_be_given_to_a_study_of_the_model(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    quick_emoji: Model,
    one_thread: None,
):
    monkeypatch.setattr(unsee, "load", lambda name: quick_emoji)
    (here / "study.toml").write_text('[labels]\nesdx = "ESD-x"\n')
    words = ["study", "create", "--model", "emoji", "--settings", "study.toml"]
    # Before anything is drawn.
    assert main([*words, "--systems", "negative"]) == WRONG_INPUT
    assert "'esdx'" in capsys.readouterr().err
    (here / "study.toml").write_text('organiser = "us"\n[labels]\nnegative = "asked not to"\n')
    assert main([*words, "--systems", "negative", "--artists", "2", "--pictures", "1"]) == 0
    # Whoever is named, and whoever is not.
    assert "participants are not told the contact: say so" in capsys.readouterr().out
    settings = StudyPlan.read(here / "study").settings
    assert (settings.organiser, settings.side) == ("us", 256)
    assert settings.labels["negative"] == "asked not to"
    assert settings.labels["other-negative"] == "negative prompt, another"
    assert "esd-x" not in settings.labels


def test_a_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setitem(sys.modules, "sqlmodel", None)
    assert main(["study", "serve"]) == WRONG_INPUT
    assert "pip install 'unsee[study]'" in capsys.readouterr().err
