"""Pushing a card: one commit of its files and nothing else, and no word of the token.

The client is a process of its own, since huggingface_hub reads where the hub is when it is
imported; it makes all pushes, since starting takes it far longer than they do. Large files go by
LFS: the other protocol, Xet, speaks to servers of its own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hub_server import READER, WRITER, Hub, Repository, serving
from PIL import Image

from unsee.card.folder import write_card
from unsee.card.push import push
from unsee.card.text import CaptionedSheet, Extras
from unsee.cli import WRONG_INPUT, main
from unsee.errors import CardError, OptionError

CLIENT = """
import contextlib, io, json, os, sys
from pathlib import Path
from unsee.cli import main

told = []
for token, words in json.loads(sys.argv[1]):
    os.environ.pop("HF_TOKEN", None)
    login = Path(os.environ["HF_HOME"], "token")
    login.unlink(missing_ok=True)
    if token and token.startswith("login "):
        login.write_text(token.removeprefix("login "))
    elif token:
        os.environ["HF_TOKEN"] = token
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(["push", *words])
    told.append([status, out.getvalue(), err.getvalue()])
print(json.dumps(told))
"""


FAILURES = {
    "uncreated": ("repos/create", 500, "a fault of its own (500)"),
    "full": ("lfs/", 403, "may not write to owner/full"),
    "down": ("/commit/", 503, "a fault of its own (503)"),
    "rude": (
        "/commit/",
        422,
        "refuses owner/rude (422) (the hub says: no /commit/ for Bearer TOKEN)",
    ),
    "busy": ("repos/create", 429, "asks to wait"),
    "cut": ("/commit/", 0, "is the network there?"),
}
"""Repository of `owner` -> which requests about it fail, with what status, and what is said."""


@dataclass(frozen=True)
class Told:
    """How a push ended."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line of a push that was refused."""
        assert self.status == WRONG_INPUT, self.err
        assert self.out == ""
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        return self.err


@pytest.fixture(scope="module")
def cards(cat: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of cards of the same file: `cat`, `again`, `odd` and `theirs`."""
    root = tmp_path_factory.mktemp("cards")
    sheet = CaptionedSheet(Image.new("RGB", (8, 8)), "a square", "A square.")
    write_card(cat, root / "cat", Extras(sheet=sheet))
    write_card(cat, root / "again", Extras(sheet=sheet, licence="mit"))
    write_card(cat, root / "odd", Extras(licence="no-such-licence"))
    write_card(cat, root / "theirs", Extras(repository="owner/theirs"))
    return root


def ask(hub: str, home: Path, *asked: tuple[str | None, Sequence[object]]) -> list[Told]:
    """Run command lines of `unsee push`, each with its token, in one process."""
    lines = [[token, [str(word) for word in words]] for token, words in asked]
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, json.dumps(lines)],
        env={
            **os.environ,
            "HF_ENDPOINT": hub,
            "HF_HOME": str(home),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_XET": "1",
            "NO_PROXY": "127.0.0.1",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for token in (WRITER, READER):
        assert token not in done.stdout + done.stderr
    return [Told(*one) for one in json.loads(done.stdout)]


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with serving(Hub()) as hub:
        hub.repositories["owner/public"] = Repository()
        hub.repositories["owner/other"] = Repository(files={"README.md": b"mine"})
        stale = {"images/result-3.png": b"", "images/mine.png": b"", "images/before-after.png": b""}
        hub.repositories["owner/theirs"] = Repository(files={**stale, "notes.md": b"mine"})
        hub.repositories["owner/moving"] = Repository()
        hub.moving.add("owner/moving")
        hub.failing = {
            f"owner/{name}": (piece, status) for name, (piece, status, _) in FAILURES.items()
        }
        yield hub


@pytest.fixture(scope="module")
def told(hub: Hub, cards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """What became of pushes of all kinds, in this order."""
    home = tmp_path_factory.mktemp("home")
    asked: dict[str, tuple[str | None, Sequence[object]]] = {
        "new": (WRITER, [cards / "cat", "--repo", "owner/cat"]),
        "same": (WRITER, [cards / "cat", "--repo", "owner/cat", "--overwrite"]),
        "taken": (WRITER, [cards / "again", "--repo", "owner/cat"]),
        "again": (WRITER, [cards / "again", "--repo", "owner/cat", "--overwrite"]),
        "private": (WRITER, [cards / "cat/cat.safetensors", "--repo", "owner/own", "--private"]),
        "seen": (WRITER, [cards / "cat", "--repo", "owner/public", "--private"]),
        "other": (WRITER, [cards / "cat", "--repo", "owner/other"]),
        "theirs": (WRITER, [cards / "theirs", "--repo", "owner/theirs"]),
        "theirs again": (WRITER, [cards / "theirs", "--repo", "owner/theirs", "--overwrite"]),
        "moving": (WRITER, [cards / "cat", "--repo", "owner/moving"]),
        "nobody": (None, [cards / "cat", "--repo", "owner/nobody"]),
        "unknown": ("hf_nonsense", [cards / "cat", "--repo", "owner/unknown"]),
        "reader": (READER, [cards / "cat", "--repo", "owner/reader"]),
        "reader of it": (READER, [cards / "cat", "--repo", "owner/public"]),
        "stranger": (WRITER, [cards / "cat", "--repo", "stranger/cat"]),
        "odd": (WRITER, [cards / "odd", "--repo", "owner/odd"]),
        "login": (f"login {WRITER}", [cards / "cat", "--repo", "owner/login"]),
        **{name: (WRITER, [cards / "cat", "--repo", f"owner/{name}"]) for name in FAILURES},
    }
    return dict(zip(asked, ask(hub.url, home, *asked.values()), strict=True))


def test_a_card_arrives_whole_in_one_commit(hub: Hub, told: dict[str, Told], cards: Path):
    assert told["new"].status == 0, told["new"].err
    assert f"pushed to {hub.url}/owner/cat: new, README.md" in told["new"].out
    assert not hub.repositories["owner/cat"].private
    message, paths = hub.repositories["owner/cat"].commits[0]
    assert message == "cat.safetensors and its card"
    assert paths == ["README.md", "cat.safetensors", "images/before-after.png"]
    assert "the hub remarks" in told["new"].out
    assert "license is missing" in told["new"].out
    pushed = hub.repositories["owner/cat"].files
    assert pushed == {path: (cards / "again" / path).read_bytes() for path in paths}


def test_what_is_there_already_is_not_committed_again(hub: Hub, told: dict[str, Told]):
    assert "holds all of it already" in told["same"].out
    assert [paths for _, paths in hub.repositories["owner/cat"].commits[1:]] == [["README.md"]]


def test_files_of_the_repository_are_replaced_only_when_told_so(hub: Hub, told: dict[str, Told]):
    assert "has a README.md already; replace it with --overwrite" in told["taken"].complaint
    assert told["again"].status == 0
    assert "has a README.md already" in told["other"].complaint
    assert hub.repositories["owner/other"].files == {"README.md": b"mine"}


def test_pictures_of_an_earlier_card_go_only_when_told_so(hub: Hub, told: dict[str, Told]):
    assert told["theirs"].status == 0, told["theirs"].err
    first, second = hub.repositories["owner/theirs"].commits
    assert first[1] == ["README.md", "cat.safetensors"]
    assert second[1] == ["images/before-after.png", "images/result-3.png"]
    assert "removed, since the card shows them no more: images/" in told["theirs again"].out
    left = set(hub.repositories["owner/theirs"].files)
    assert left == {"README.md", "cat.safetensors", "images/mine.png", "notes.md"}


def test_what_somebody_else_commits_in_between_is_not_replaced(hub: Hub, told: dict[str, Told]):
    assert "was changed by somebody else in the meantime; push again" in told["moving"].complaint
    assert hub.repositories["owner/moving"].files == {"README.md": b"somebody else's"}


def test_a_card_that_names_another_repository_is_refused(cards: Path):
    with pytest.raises(CardError, match="from owner/theirs, not from owner/cat; push it there"):
        push(cards / "theirs", "owner/cat")


def test_importing_it_loads_no_model_code():
    loaded = "import sys, unsee.card.push; print({'torch', 'huggingface_hub'} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", loaded], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_private_is_private_or_nothing(hub: Hub, told: dict[str, Told]):
    assert told["private"].status == 0, told["private"].err
    assert hub.repositories["owner/own"].private
    assert set(hub.repositories["owner/own"].files) == set(hub.repositories["owner/cat"].files)
    assert "everybody can see it" in told["seen"].complaint
    assert hub.repositories["owner/public"].files == {}


def test_without_a_token_nothing_is_asked(hub: Hub, told: dict[str, Told]):
    assert "log in with `hf auth login`" in told["nobody"].complaint
    assert "HF_TOKEN" in told["nobody"].complaint
    assert not [line for line in hub.asked if "nobody" in line]


def test_who_may_not_write_is_told_so(hub: Hub, told: dict[str, Told]):
    assert "does not accept the token" in told["unknown"].complaint
    for name, repository in (
        ("reader", "owner/reader"),
        ("reader of it", "owner/public"),
        ("stranger", "stranger/cat"),
    ):
        assert f"may not write to {repository}" in told[name].complaint
        assert repository not in hub.repositories or not hub.repositories[repository].commits


def test_a_card_that_the_hub_does_not_take_is_not_uploaded(hub: Hub, told: dict[str, Told]):
    assert "license must be one of the list" in told["odd"].complaint
    assert hub.repositories["owner/odd"].commits == []


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_on_the_way_leaves_no_commit(hub: Hub, told: dict[str, Told], name: str):
    assert FAILURES[name][2] in told[name].complaint
    pushed = hub.repositories.get(f"owner/{name}", Repository())
    assert (pushed.files, pushed.commits) == ({}, [])


def test_the_token_of_a_login_is_taken(hub: Hub, told: dict[str, Told]):
    assert told["login"].status == 0, told["login"].err
    assert hub.repositories["owner/login"].commits


def test_offline_it_says_so(
    cards: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    # As every test is (conftest.py); were it not, this would ask nobody.
    monkeypatch.setenv("HF_TOKEN", WRITER)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    status = main(["push", str(cards / "cat"), "--repo", "owner/cat"])
    told = Told(status, *capsys.readouterr())
    assert "unset HF_HUB_OFFLINE" in told.complaint
    assert WRITER not in told.complaint


@pytest.mark.parametrize("name", ["cat", "a/b/c", "owner/", "/cat", "owner/a b", "o/a--b", "é/cat"])
def test_a_name_that_is_none_is_refused_before_anything_else(name: str, tmp_path: Path):
    with pytest.raises(OptionError, match="repo takes OWNER/NAME"):
        push(tmp_path, name)


def test_what_is_no_part_of_a_card_is_refused(cat: Path, cards: Path, tmp_path: Path):
    for place, message in (
        (tmp_path, "is no folder of a card"),
        (tmp_path / "none", "there is no .*none"),
        (cat, "is not the erased file of a card's folder"),
        (cards / "cat/README.md", "is not the erased file"),
        (Path(__file__), "is not the erased file"),
    ):
        with pytest.raises(CardError, match=message):
            push(place, "owner/cat")
