"""From answers to Fig. 6: means, intervals, agreement, and the files."""

import csv
import io
import itertools
import json
import math
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from studies import KINDS, small_study

from unsee.errors import OptionError
from unsee.study.analyse import analyse, save
from unsee.study.export import COLUMNS, write_rows
from unsee.study.figure import draw
from unsee.study.kinds import CHECK
from unsee.study.krippendorff import alpha
from unsee.study.plan import StudyPlan
from unsee.study.records import TrialRecord
from unsee.study.security import new_token
from unsee.study.store import Store
from unsee.study.tables import Answer, Trial

# Krippendorff's alpha

KRIPPENDORFF_2011 = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""
"""Four observers, twelve units: the example of Computing Krippendorff's Alpha-Reliability."""


def units(table: str) -> list[list[int]]:
    rows = [line.split() for line in table.strip().splitlines()]
    return [[int(value) for value in column if value != "."] for column in zip(*rows, strict=True)]


def test_alpha_of_the_published_example():
    assert alpha(units(KRIPPENDORFF_2011)) == pytest.approx(0.815, abs=5e-4)


def test_alpha_by_hand():
    # o: 1-1 twice, 1-2 and 2-1 once, n = 4 (n_1 = 3, n_2 = 1); only one distance is not 0, and it
    # cancels: 1 - 3 * (1 + 1) / (3 * 1 + 1 * 3) = 0.
    assert alpha([[1, 1], [1, 2]]) == pytest.approx(0)
    # n_1 = n_2 = n_3 = 2; distances 1-2 and 2-3: 2, 1-3: 4. Observed 2 * 4 for the one pair 1-2.
    # Expected 2 * 2 * (4 + 4 + 16) * 2 = 192: 1 - 5 * 8 / 192.
    assert alpha([[1, 2], [3, 3], [1, 2]]) == pytest.approx(1 - 5 * 16 / 192)


def test_alpha_is_1_where_all_agree_and_about_0_by_chance():
    assert alpha([[1, 1, 1], [4, 4], [5, 5]]) == 1
    chance = random.Random(0)
    rated = [[chance.randint(1, 5) for _ in range(6)] for _ in range(2000)]
    assert alpha(rated) == pytest.approx(0, abs=0.02)
    assert alpha([[1, 5], [5, 1]]) < 0


def test_alpha_does_not_depend_on_order_or_on_what_nobody_rated_twice():
    rated = units(KRIPPENDORFF_2011)
    mixed = [list(reversed(unit)) for unit in reversed(rated)]
    assert alpha([*mixed, [], [5], [1]]) == pytest.approx(alpha(rated))
    # Only the order of the values counts, not how far apart they are named.
    renamed = [[{1: 1, 2: 3, 3: 4, 4: 70, 5: 99}[value] for value in unit] for unit in rated]
    assert alpha(renamed) == pytest.approx(alpha(rated))


def test_alpha_tells_nothing_where_there_is_nothing_to_tell():
    for rated in ([], [[3]], [[3], [4]], [[3, 3], [3, 3]]):
        assert math.isnan(alpha(rated))


# The analysis


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> StudyPlan:
    return small_study(tmp_path_factory.mktemp("analyse"))


@pytest.fixture
def store(plan: StudyPlan, tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/answers.sqlite", plan)
    yield store
    store.close()


RATED = {"real": 5, "similar": 3, "unedited": 4, "esd-x": 1, "sld-medium": 2, "other-esd-x": 4}


def take_part(store: Store, ratings: dict[str, int], fails: int = 0, stop: int = 99) -> None:
    """Answer each kind with its rating; checks right, but for the first `fails`."""
    standing = store.enter(new_token())
    for position in range(1, min(standing.questions, stop) + 1):
        asked, _ = store.question(standing.id, position)
        rating = ratings.get(asked.kind, 0)
        if asked.kind == CHECK:
            right = set(range(asked.low, asked.high + 1))
            rating = min({1, 2, 3, 4, 5} - right) if fails > 0 else min(right)
            fails -= 1
        store.answer(asked.id, rating, 2000)


def test_means_are_those_of_the_answers_beside_the_papers(store: Store, plan: StudyPlan):
    for shift in (0, 0, 1):
        take_part(store, {kind: min(rating + shift, 5) for kind, rating in RATED.items()})
    found = analyse(store.rows(), plan)
    assert (found.participants, found.left_out, found.answers) == (3, 0, 36)
    assert found.seconds == 2
    assert [one.kind for one in found.kinds] == list(KINDS)
    expected = [5, 3 + 1 / 3, 4 + 1 / 3, 1 + 1 / 3, 2 + 1 / 3, 4 + 1 / 3]
    assert [one.mean for one in found.kinds] == pytest.approx(expected)
    assert [one.paper for one in found.kinds] == [3.85, 3.16, 3.21, 1.12, 2.00, None]
    assert [one.half for one in found.kinds] == ["efficacy"] * 5 + ["interference"]
    assert all(one.answers == 6 for one in found.kinds)
    # Of three people who are each of one mind, resamples have means between theirs.
    assert (found.kinds[0].low, found.kinds[0].high) == (5, 5)
    assert (found.kinds[1].low, found.kinds[1].high) == (3, 4)


def test_who_fails_the_checks_is_left_out_unless_allowed(store: Store, plan: StudyPlan):
    take_part(store, RATED)
    take_part(store, dict.fromkeys(RATED, 3), fails=1)
    take_part(store, dict.fromkeys(RATED, 3), fails=2)
    counted = [analyse(store.rows(), plan, allowed) for allowed in range(3)]
    assert [one.participants for one in counted] == [1, 2, 3]
    assert [one.left_out for one in counted] == [2, 1, 0]
    assert counted[0].kinds[0].mean == 5
    assert counted[2].kinds[0].mean == pytest.approx(11 / 3)


def test_who_stopped_early_counts_with_what_was_answered(store: Store, plan: StudyPlan):
    take_part(store, RATED)
    take_part(store, RATED, stop=3)
    store.enter(new_token())
    found = analyse(store.rows(), plan)
    assert found.participants == 2
    assert 12 < found.answers <= 15


def test_a_kind_that_one_person_rated_has_no_interval(
    store: Store, plan: StudyPlan, tmp_path: Path
):
    take_part(store, RATED, stop=1)
    take_part(store, {kind: 6 - rating for kind, rating in RATED.items()})
    rows = store.rows()
    found = analyse(rows, plan)
    raters = {
        kind: {row.code for row in rows if row.answer and row.trial.kind == kind} for kind in RATED
    }
    for one in found.kinds:
        assert ((one.low, one.high) == (None, None)) == (len(raters[one.kind]) < 2)
    assert sum(one.low is None for one in found.kinds) == len(RATED) - 1
    save(found, rows, plan, tmp_path / "out")
    assert "nan" not in (tmp_path / "out" / "table.md").read_text().lower()
    assert json.loads((tmp_path / "out" / "result.json").read_text())["kinds"]


def test_a_label_cannot_break_the_table(store: Store, plan: StudyPlan):
    take_part(store, RATED)
    labelled = replace(plan, settings=replace(plan.settings, labels={"real": "a | b"}))
    lines = analyse(store.rows(), labelled).table.splitlines()
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {7}


def test_the_legend_lies_beside_the_bars(
    store: Store, plan: StudyPlan, monkeypatch: pytest.MonkeyPatch
):
    from matplotlib.figure import Figure

    figures: list[Figure] = []
    init = Figure.__init__
    monkeypatch.setattr(
        Figure, "__init__", lambda self, *a, **k: (figures.append(self), init(self, *a, **k))[1]
    )
    take_part(store, RATED)
    take_part(store, RATED)
    draw(analyse(store.rows(), plan))
    (figure,) = figures
    (legend,) = figure.legends
    assert all(axes.get_legend() is None for axes in figure.axes)
    assert not any(
        legend.get_window_extent().overlaps(axes.get_window_extent()) for axes in figure.axes
    )


def test_without_answers_there_is_nothing_to_analyse(store: Store, plan: StudyPlan):
    with pytest.raises(OptionError, match="there are no answers that count yet$"):
        analyse(store.rows(), plan)
    take_part(store, RATED, fails=1)
    with pytest.raises(OptionError, match="1 failed checks: allow some by failed_checks"):
        analyse(store.rows(), plan)


def rows_of(
    means: Sequence[float], plan: StudyPlan, chance: np.random.Generator
) -> list[TrialRecord]:
    """Participants who differ in their means: six ratings each of one kind."""
    (picture,) = [one.id for one in plan.pictures if one.kind == "real"][:1]
    numbers = itertools.count(1)
    rows = []
    for person, mean in enumerate(means):
        for rating in np.clip(np.round(chance.normal(mean, 0.5, 6)), 1, 5):
            number = next(numbers)
            asked = Trial(
                id=number, participant_id=person, position=number, artist="kestrel", kind="real",
                picture=picture, shown="",
            )  # fmt: skip
            answer = Answer(asked_id=number, rating=int(rating), milliseconds=1, answered_at="now")
            rows.append(TrialRecord(f"P{person:03}", asked, answer))
    return rows


def test_the_interval_covers_the_truth_as_often_as_it_says(plan: StudyPlan):
    """People differ more than their answers do: drawing answers again would cover too seldom."""
    chance = np.random.default_rng(1)
    everybody = chance.normal(3, 0.8, 500)
    truth = np.mean([row.answer.rating for row in rows_of(everybody, plan, chance)])
    covered = 0
    studies = 40
    for _ in range(studies):
        (kind,) = analyse(rows_of(chance.choice(everybody, 20), plan, chance), plan).kinds
        covered += kind.low <= truth <= kind.high
    assert covered / studies >= 0.85


def test_the_files_hold_what_was_found(store: Store, plan: StudyPlan, tmp_path: Path):
    for _ in range(2):
        take_part(store, RATED)
    labelled = replace(plan, settings=replace(plan.settings, labels={"esd-x": "ESD-x"}))
    rows = store.rows()
    found = analyse(rows, labelled)
    save(found, rows, plan, tmp_path / "one")
    save(found, rows, plan, tmp_path / "two")
    files = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert set(files) == {"answers.csv", "result.json", "table.md", "figure.png"}
    assert "| ESD-x | efficacy | 1.00 | 1.00 to 1.00 | 4 | 1.12 |" in files["table.md"].decode()
    result = json.loads(files["result.json"])
    assert result["kinds"][3] | {"label": ""} == {
        "kind": "esd-x", "label": "", "half": "efficacy", "mean": 1.0, "low": 1.0, "high": 1.0,
        "answers": 4, "paper": 1.12,
    }  # fmt: skip
    with Image.open(io.BytesIO(files["figure.png"])) as figure:
        assert figure.width > figure.height > 300


def test_the_csv_file_has_a_row_for_every_answer(store: Store, plan: StudyPlan):
    take_part(store, RATED, fails=1)
    rows = list(csv.DictReader(io.StringIO(write_rows(store.rows(), plan))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == plan.length + plan.settings.checks
    for row in rows:
        source = plan.by_id[row["picture"]].source
        assert row["source"] == source
        if row["kind"] != CHECK:
            assert source.split("/")[:2] == [row["artist"], row["kind"]]
            assert int(row["rating"]) == RATED[row["kind"]]
        assert row["seconds"] == "2.000"
    assert [row["check_passed"] for row in rows if row["kind"] == CHECK] == ["0", "1"]
