"""What the database keeps: nothing lost, nothing twice, on SQLite and on a real PostgreSQL."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import postgres
import pytest
from studies import small_study

from unsee.errors import OptionError
from unsee.study.kinds import CHECK
from unsee.study.plan import StudyPlan
from unsee.study.security import new_token
from unsee.study.store import Store

AT_ONCE = 20


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> StudyPlan:
    return small_study(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def server() -> Iterator[Path | None]:
    binaries = postgres.find_binaries()
    if binaries is None:
        yield None
        return
    pytest.importorskip("psycopg")
    with postgres.serving(binaries) as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'answers.sqlite'}"
    folder = request.getfixturevalue("server")
    if folder is None:
        pytest.skip("no PostgreSQL is installed")
    return postgres.new_database(folder)


@pytest.fixture
def store(url: str, plan: StudyPlan) -> Iterator[Store]:
    store = Store(url, plan)
    yield store
    store.close()


def at_once(work: Callable[[int], object], count: int = AT_ONCE) -> list[object]:
    """Start threads that wait for each other and then all do the same."""
    ready = threading.Barrier(count)

    def begin(number: int) -> object:
        ready.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def test_an_answer_sent_many_times_at_once_is_one_answer(store: Store):
    standing = store.enter(new_token())
    asked, _ = store.question(standing.id, 1)
    at_once(lambda number: store.answer(asked.id, 4, 1000))
    (answer,) = [row.answer for row in store.rows() if row.answer]
    assert (answer.rating, answer.changes) == (4, 0)


def test_of_different_ratings_at_once_one_is_kept_and_the_others_are_changes(store: Store):
    standing = store.enter(new_token())
    asked, _ = store.question(standing.id, 1)
    at_once(lambda number: store.answer(asked.id, 1 + number % 5, 1000))
    (answer,) = [row.answer for row in store.rows() if row.answer]
    assert answer.rating in range(1, 6)
    assert answer.changes >= 4


def test_a_changed_mind_takes_the_place_of_the_first_answer(store: Store):
    token = new_token()
    standing = store.enter(token)
    asked, answer = store.question(standing.id, 1)
    assert answer is None
    for rating, milliseconds in ((2, 10), (2, 20), (5, 30)):
        store.answer(asked.id, rating, milliseconds)
    _, answer = store.question(standing.id, 1)
    assert (answer.rating, answer.milliseconds, answer.changes) == (5, 30, 1)
    assert store.standing(token).answered == 1


def test_who_agrees_twice_at_once_takes_part_once(store: Store, plan: StudyPlan):
    token = new_token()
    standings = at_once(lambda number: store.enter(token))
    assert len(set(standings)) == 1
    assert len(store.participants()) == 1
    assert len(store.rows()) == plan.length + plan.settings.checks


def test_who_enter_at_once_are_asked_in_balance(url: str, plan: StudyPlan):
    # Five questions of twelve: balance is only there if each counts what the others were asked.
    store = Store(url, replace(plan, settings=replace(plan.settings, questions=5)))
    at_once(lambda number: store.enter(new_token()))
    counts = Counter(
        (row.trial.artist, row.trial.kind) for row in store.rows() if row.trial.kind != CHECK
    )
    assert sum(counts.values()) == 5 * AT_ONCE
    assert len(counts) == len(plan.cells)
    assert max(counts.values()) - min(counts.values()) <= 1
    store.close()


def test_forgetting_one_leaves_the_others_and_no_trace(store: Store):
    tokens = [new_token(), new_token()]
    standings = [store.enter(token) for token in tokens]
    for standing in standings:
        asked, _ = store.question(standing.id, 1)
        store.answer(asked.id, 3, 1)
    gone, kept = (standing.code for standing in standings)
    assert store.forget(gone)
    assert not store.forget(gone)
    assert store.standing(tokens[0]) is None
    assert {row.code for row in store.rows()} == {kept}
    assert sum(row.answer is not None for row in store.rows()) == 1


def test_what_is_deleted_is_in_no_file_any_more(tmp_path: Path, plan: StudyPlan):
    store = Store(f"sqlite:///{tmp_path / 'answers.sqlite'}", plan)
    codes = [store.enter(new_token()).code for _ in range(2)]

    def kept(code: str) -> bool:
        return any(code.encode() in path.read_bytes() for path in tmp_path.iterdir())

    assert all(map(kept, codes))
    # While the server goes on: nothing but the deletion itself cleans up.
    store.forget(codes[0])
    assert not kept(codes[0])
    assert store.participants()[0].code == codes[1]
    store.close()


def test_who_leaves_without_an_answer_does_not_use_up_the_questions(
    tmp_path: Path, plan: StudyPlan
):
    path = tmp_path / "answers.sqlite"
    # One question of twelve cells.
    few = replace(plan, settings=replace(plan.settings, questions=1, checks=0))
    store = Store(f"sqlite:///{path}", few)

    def cell(participant: int) -> tuple[str, str]:
        asked, _ = store.question(participant, 1)
        return asked.artist, asked.kind

    left = {cell(store.enter(new_token()).id) for _ in range(len(plan.cells) - 1)}
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE participant SET consented_at = '2020-01-01T00:00:00.000+00:00'")
    connection.close()
    later = [cell(store.enter(new_token()).id) for _ in range(len(plan.cells))]
    # Those who left count no more: all cells are asked for again, not only the one left over.
    assert len(left) == len(plan.cells) - 1
    assert set(later) == set(plan.cells)
    store.close()


def test_texts_may_be_mended_while_answers_come_in(url: str, plan: StudyPlan):
    Store(url, plan).close()
    mended = replace(plan, settings=replace(plan.settings, consent="Better.", contact="me"))
    Store(url, mended).close()
    other = replace(plan, settings=replace(plan.settings, checks=1))
    with pytest.raises(OptionError, match="belongs to another study"):
        Store(url, other)


def test_a_database_of_an_earlier_version_is_taken_over(tmp_path: Path, plan: StudyPlan):
    path = tmp_path / "answers.sqlite"
    Store(f"sqlite:///{path}", plan).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE study SET fingerprint = ?", [plan.file_hash])
    connection.close()
    Store(f"sqlite:///{path}", plan).close()
    mended = replace(plan, file_hash="0" * 64)
    Store(f"sqlite:///{path}", mended).close()


def test_a_database_that_is_to_be_read_is_not_made(url: str, plan: StudyPlan, tmp_path: Path):
    with pytest.raises(OptionError, match="there is no database|holds no study"):
        Store(url, plan, make=False)
    assert list(tmp_path.iterdir()) == []
    Store(url, plan).close()
    Store(url, plan, make=False).close()


def test_an_answer_of_somebody_who_is_forgotten_meanwhile_is_not_kept(store: Store):
    standing = store.enter(new_token())
    asked, _ = store.question(standing.id, 1)
    store.forget(standing.code)
    store.answer(asked.id, 3, 1)
    assert store.rows() == []


def test_tokens_are_kept_as_hashes_alone(tmp_path: Path, plan: StudyPlan):
    path = tmp_path / "answers.sqlite"
    store = Store(f"sqlite:///{path}", plan)
    (invite,) = store.invite(1)
    assert store.is_invited(invite)
    assert not store.is_invited(new_token())
    store.enter(invite)
    store.close()
    with sqlite3.connect(path) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert invite not in dump
    assert dump.count("INSERT INTO") > 3


def test_a_database_of_another_study_is_refused(url: str, plan: StudyPlan, tmp_path: Path):
    Store(url, plan).close()
    Store(url, plan).close()
    with pytest.raises(OptionError, match="the database belongs to another study"):
        Store(url, small_study(tmp_path))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "is no URL that SQLAlchemy reads"),
        ("sqlite://", "must outlive the server; name a file"),
        ("sqlite:////nowhere/at/all.sqlite", "cannot use the database: unable to open"),
        ("oracle+what://host/name", "no driver for this database is installed"),
    ],
)
def test_a_database_that_cannot_be_used(url: str, message: str, plan: StudyPlan):
    with pytest.raises(OptionError, match=message):
        Store(url, plan)


def test_a_database_server_that_is_not_there_is_told_without_the_password(plan: StudyPlan):
    pytest.importorskip("psycopg")
    with pytest.raises(OptionError, match="cannot use the database") as refused:
        Store("postgresql+psycopg://someone:hush-hush@127.0.0.1:9/none", plan)
    assert "hush-hush" not in str(refused.value)
    assert "\n" not in str(refused.value)
