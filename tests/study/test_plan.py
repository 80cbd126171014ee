"""A study from folders: settings, pictures under random names, balanced random order."""

import random
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from studies import ARTISTS, KINDS, small_study, write_folders

from unsee.errors import OptionError, OutputError, UnknownName
from unsee.study.folders import find_pictures
from unsee.study.kinds import CHECK, REFERENCE, half, order_of, paper_mean
from unsee.study.order import Question, draw_questions
from unsee.study.plan import StudyPlan, make_study
from unsee.study.settings import Settings, read_settings


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> StudyPlan:
    return small_study(tmp_path_factory.mktemp("plan"))


# Settings


def test_a_study_toml_is_read_as_it_is_written(tmp_path: Path):
    path = tmp_path / "study.toml"
    path.write_text('title = "Whose?"\nquestions = 7\nsquare = false\n[labels]\nesd-x = "ESD-x"\n')
    assert read_settings(path) == Settings(
        title="Whose?", questions=7, square=False, labels={"esd-x": "ESD-x"}
    )


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("titel = 'x'", UnknownName, "'titel'; did you mean 'title'?"),
        ("checks = true", OptionError, "checks in study.toml must be of type int, not bool"),
        ("checks = '2'", OptionError, "checks in study.toml must be of type int, not str"),
        ("checks = -1", OptionError, "checks must be between 0 and 100, not -1"),
        ("questions = 0", OptionError, "questions must be between 1 and 10000, not 0"),
        ("side = 5", OptionError, "side must be between 16 and 4096, not 5"),
        ("title = ' '", OptionError, "title and consent must not be empty"),
        ("[labels]\nreal = 3", OptionError, "the label of real in study.toml must be of type str"),
        ("title =", OptionError, "cannot read"),
    ],
)
def test_a_study_toml_that_makes_no_sense(
    tmp_path: Path, text: str, error: type[Exception], message: str
):
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(error, match=message.replace("?", "\\?")):
        read_settings(path)


# Folders


def test_works_without_references_are_shared_out_and_no_work_is_both(tmp_path: Path):
    folder = write_folders(tmp_path, kinds=["real", "unedited"], pictures=11)
    for artist in ARTISTS:
        for path in (folder / artist / "references").iterdir():
            path.unlink()
        (folder / artist / "references").rmdir()
    found = find_pictures(folder)
    shown = {one.path for one in found if one.kind == REFERENCE}
    asked = {one.path for one in found if one.kind == "real"}
    assert len(shown) == 6 * len(ARTISTS)
    assert len(asked) == 5 * len(ARTISTS)
    assert not shown & asked


def test_folders_that_are_no_study(tmp_path: Path):
    with pytest.raises(OptionError, match="there is no folder"):
        find_pictures(tmp_path / "none")
    with pytest.raises(OptionError, match="has no folder of an artist"):
        find_pictures(tmp_path)
    write_folders(tmp_path)
    (tmp_path / "kestrel" / CHECK).mkdir()
    with pytest.raises(OptionError, match="has a name that is taken"):
        find_pictures(tmp_path)
    (tmp_path / "kestrel" / CHECK).rmdir()
    for path in (tmp_path / "kestrel" / "esd-x").iterdir():
        path.unlink()
    # A manifest beside the pictures is not a picture.
    (tmp_path / "kestrel" / "esd-x" / "manifest.jsonl").touch()
    with pytest.raises(OptionError, match="kestrel/esd-x has no picture that can be read"):
        find_pictures(tmp_path)
    # For every artist: the kind would be gone without a word.
    for path in (tmp_path / "wolverton" / "esd-x").iterdir():
        path.rename(path.with_suffix(".heic"))
    with pytest.raises(OptionError, match="kestrel/esd-x has no picture that can be read"):
        find_pictures(tmp_path)
    shutil.rmtree(tmp_path / "kestrel" / "esd-x")
    with pytest.raises(OptionError, match="wolverton/esd-x has no picture that can be read"):
        find_pictures(tmp_path)
    for path in (tmp_path / "wolverton" / "esd-x").iterdir():
        path.rename(path.with_suffix(".png"))
    with pytest.raises(OptionError, match="kestrel has no pictures of esd-x, which other"):
        find_pictures(tmp_path)
    shutil.rmtree(tmp_path / "wolverton" / "real")
    with pytest.raises(OptionError, match="wolverton needs 5 works to show and one to ask for"):
        find_pictures(tmp_path)


# The made study


def test_pictures_get_random_names_one_format_one_size_and_no_metadata(plan: StudyPlan):
    assert len(plan.pictures) == len(ARTISTS) * (7 + 3 * len(KINDS))
    for one in plan.pictures:
        assert len(one.id) >= 22
        content = plan.path(one.id).read_bytes()
        assert one.kind.encode() not in content
        assert b"drawn by" not in content
        with Image.open(plan.path(one.id)) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (32, 32))
            assert not picture.getexif()


def test_names_are_new_in_every_study(plan: StudyPlan, tmp_path: Path):
    again = small_study(tmp_path)
    assert not set(again.by_id) & set(plan.by_id)
    assert again.fingerprint != plan.fingerprint
    assert again.secret() != plan.secret()


def test_a_study_is_read_back_as_it_was_made(plan: StudyPlan):
    assert StudyPlan.read(plan.folder) == plan
    assert (plan.folder / "secret").stat().st_mode & 0o077 == 0


def test_a_study_is_written_whole_or_not_at_all(tmp_path: Path):
    write_folders(tmp_path / "folders")
    (tmp_path / "folders" / "kestrel" / "esd-x" / "torn.png").write_bytes(b"\x89PNG")
    found = find_pictures(tmp_path / "folders")
    with pytest.raises(OptionError, match="cannot read the picture .*torn.png"):
        make_study(found, Settings(side=32), tmp_path / "study")
    assert [path.name for path in tmp_path.iterdir()] == ["folders"]
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "mine").touch()
    with pytest.raises(OutputError, match="exists; choose another folder"):
        make_study(found, Settings(), tmp_path / "study")


def test_a_label_for_no_kind_is_refused(tmp_path: Path):
    with pytest.raises(UnknownName, match="'esdx'; did you mean 'esd-x'\\?"):
        small_study(tmp_path, Settings(side=32, labels={"esdx": "ESD-x"}))
    assert not (tmp_path / "study").exists()


def test_a_study_toml_over_other_settings_changes_what_it_names(tmp_path: Path):
    path = tmp_path / "study.toml"
    path.write_text('contact = "me@example.org"\n[labels]\nreal = "hers"\n')
    base = Settings(side=256, labels={"real": "the artist", "esd-x": "ESD-x"})
    assert read_settings(path, base) == Settings(
        side=256, contact="me@example.org", labels={"real": "hers", "esd-x": "ESD-x"}
    )


def test_a_damaged_study_is_refused(tmp_path: Path):
    with pytest.raises(OptionError, match="holds no study; make one"):
        StudyPlan.read(tmp_path)
    plan = small_study(tmp_path)
    plan.path(plan.pictures[0].id).unlink()
    with pytest.raises(OptionError, match=r"\.jpg is missing; restore it from a backup"):
        StudyPlan.read(plan.folder)
    # To analyse answers, no picture is needed.
    assert StudyPlan.read(plan.folder, served=False) == plan
    (plan.folder / "secret").write_bytes(b"short")
    with pytest.raises(OptionError, match="too short"):
        plan.secret()
    (plan.folder / "plan.json").write_text('{"format": 1}')
    with pytest.raises(OptionError, match="is damaged; restore it from a backup"):
        StudyPlan.read(plan.folder)
    (plan.folder / "plan.json").write_text('{"format": 0}')
    with pytest.raises(OptionError, match="is of another version of unsee; use the one"):
        StudyPlan.read(plan.folder)


# The order of questions


def cells(questions: list[Question]) -> list[tuple[str, str]]:
    return [(one.artist, one.kind) for one in questions if one.kind != CHECK]


@pytest.mark.parametrize("length", [None, 1, 5, 12, 17, 24, 31])
@pytest.mark.parametrize("seed", range(3))
def test_every_artist_and_kind_is_asked_for_equally_often(plan: StudyPlan, length: int, seed: int):
    plan = replace(plan, settings=replace(plan.settings, questions=length))
    chance, asked = random.Random(seed), Counter[str]()
    total = Counter(dict.fromkeys(plan.cells, 0))
    for _ in range(20):
        questions = draw_questions(plan, asked, chance)
        drawn = cells(questions)
        assert len(drawn) == (length or len(plan.cells))
        # Whoever stops early has answered all alike, give or take one.
        mine = Counter(dict.fromkeys(plan.cells, 0))
        for cell in drawn:
            mine[cell] += 1
            assert max(mine.values()) - min(mine.values()) <= 1
        total += mine
        for cell in plan.cells:
            total[cell] += 0
        assert (
            max(total[cell] for cell in plan.cells) - min(total[cell] for cell in plan.cells) <= 1
        )
        asked.update(one.picture for one in questions if one.kind != CHECK)
    # And so are the pictures of a cell.
    for ids in plan.cells.values():
        assert max(asked[one] for one in ids) - min(asked[one] for one in ids) <= 1


def test_pictures_are_asked_for_once_while_there_are_others(plan: StudyPlan):
    plan = replace(plan, settings=replace(plan.settings, questions=3 * len(plan.cells)))
    asked = [one.picture for one in draw_questions(plan, {}) if one.kind != CHECK]
    assert len(set(asked)) == len(asked)


def test_five_other_works_of_the_artist_are_beside_each_picture(plan: StudyPlan):
    for question in draw_questions(plan, {}):
        assert len(set(question.works)) == 5
        for one in question.works:
            assert plan.by_id[one].kind == REFERENCE
            assert plan.by_id[one].artist == question.artist
        if question.kind != CHECK:
            assert plan.by_id[question.picture].artist == question.artist
            assert plan.by_id[question.picture].kind == question.kind


def test_two_participants_get_orders_of_their_own(plan: StudyPlan):
    assert cells(draw_questions(plan, {})) != cells(draw_questions(plan, {}))
    first, again = (draw_questions(plan, {}, random.Random(3)) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("checks", [0, 1, 2, 5])
def test_checks_are_spread_and_have_right_answers(plan: StudyPlan, checks: int):
    plan = replace(plan, settings=replace(plan.settings, checks=checks))
    for seed in range(30):
        questions = draw_questions(plan, {}, random.Random(seed))
        places = [place for place, one in enumerate(questions) if one.kind == CHECK]
        assert len(places) == checks
        assert 0 not in places
        if checks == 2:
            assert places[0] <= len(plan.cells) // 2 < places[1]
        for number, place in enumerate(places):
            check = questions[place]
            assert check.low is not None
            assert check.high is not None
            assert 1 <= check.low <= check.high <= 5
            assert check.instructed == bool(number % 2)
            assert (check.picture in check.works) == (not check.instructed)
            assert plan.by_id[check.picture].kind == REFERENCE


# Kinds


def test_kinds_stand_in_the_papers_order_with_its_means():
    kinds = [
        "other-negative",
        "other-esd-x",
        "negative",
        "esd-u",
        "sld-max",
        "unedited",
        "real",
        "esd-x",
        "similar",
    ]
    assert sorted(kinds, key=order_of) == [
        "real", "similar", "unedited", "esd-x", "sld-max", "negative", "esd-u", "other-esd-x",
        "other-negative",
    ]  # fmt: skip
    assert [paper_mean(kind) for kind in ("real", "sld-max", "esd-u", "other-esd-x")] == [
        3.85, 2.00, None, None,
    ]  # fmt: skip
    assert {half(kind) for kind in kinds} == {"efficacy", "interference"}
