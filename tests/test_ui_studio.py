"""Erasing, drawing and exporting for visitors: the same bytes as without a page, and no way out."""

import itertools
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from unsee.concepts import Concept
from unsee.config import EraseConfig
from unsee.erase import erase
from unsee.errors import ConceptError, OptionError, UnknownName, UnseeError, WrongBaseError
from unsee.loading import load
from unsee.sampling import generate
from unsee.ui.erasures import MOST_PROMPTS, Request, number
from unsee.ui.job import Snapshot, State
from unsee.ui.library import describe
from unsee.ui.studio import Studio
from unsee.ui.unfinished import UNFINISHED
from unsee.weights import ErasedWeights, Header

FORM: dict[str, Any] = {
    "recipe": "emoji",
    "settings": {"method": None, "eta": None, "steps": 6, "seed": 1, "preserve": None}
    | {"sampler_steps": 2, "rollouts": 2},
    "watched": ["cat", "dog"],
    "sheet_seed": 0,
    "every": 2,
}


@pytest.fixture(scope="session")
def quick_folder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, which asks to be sampled in two steps."""
    folder = shutil.copytree(tiny_folder, tmp_path_factory.mktemp("quick") / "tiny")
    (folder / "unsee.json").write_text('{"steps": 2}')
    return folder


@pytest.fixture
def studio(quick_folder: Path, tmp_path: Path, one_thread: None) -> Iterator[Studio]:
    studio = Studio(tmp_path / "erased", [str(quick_folder)], device="cpu")
    yield studio
    studio.close()


def request(studio: Studio, phrase: str = "cat", **form: Any) -> Request:
    return Request.of_form(studio.models[0], phrase, **{**FORM, **form})


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def look(studio: Studio, id: str) -> Snapshot:
    (found,) = [one for one in studio.jobs.of("ann") if one.id == id]
    return found


def over(studio: Studio, id: str) -> Snapshot:
    until(lambda: not look(studio, id).state.active)
    return look(studio, id)


def made(studio: Studio, **form: Any) -> Path:
    done = over(studio, studio.submit("ann", request(studio, **form)))
    assert done.state == State.DONE, done.message
    assert done.result is not None
    return done.result


def test_a_watched_erasure_gives_the_bytes_of_an_unwatched_one(studio: Studio) -> None:
    path = made(studio)
    config = EraseConfig.from_recipe("emoji", **FORM["settings"])
    unwatched = erase(load(studio.models[0], device="cpu"), Concept("cat"), config)
    assert ErasedWeights.load(path).sha256 == unwatched.sha256
    assert path.parent == studio.library.folder
    assert not list((studio.library.folder / UNFINISHED).iterdir())


def test_the_sheet_shows_the_original_and_then_the_student_as_it_is(studio: Studio) -> None:
    sheets = []

    class Watching:
        def say(self, phrase: str) -> None: ...
        def step(self, step: int, steps: int, loss: float) -> None: ...
        def show(self, sheet: Any) -> None:
            sheets.append(sheet)

    from unsee.ui.erasures import erasure

    model = load(studio.models[0], device="cpu")
    strong = request(studio, settings={**FORM["settings"], "lr": 0.05})
    path = erasure(strong, lambda name: model, studio.library)(Watching())
    headings = [[column.heading for column in sheet.columns] for sheet in sheets]
    assert headings == [
        ["original"],
        ["original", "after step 2 of 6"],
        ["original", "after step 4 of 6"],
        ["original", "erased"],
    ]
    before = generate(model, ["cat", "dog"], [0, 0])
    with ErasedWeights.load(path).applied(model):
        after = generate(model, ["cat", "dog"], [0, 0])
    assert [list(sheet.columns[0].pictures) for sheet in sheets] == [before] * 4
    assert list(sheets[-1].columns[1].pictures) == after
    # Each column differs from the one before: it is not the original that is drawn.
    drawn = [before, *(list(sheet.columns[-1].pictures) for sheet in sheets[1:])]
    assert all(one != two for one, two in itertools.pairwise(drawn))


def test_cancelled_and_gone_on_with_it_is_the_same_file(studio: Studio, tmp_path: Path) -> None:
    whole = ErasedWeights.load(made(studio, settings={**FORM["settings"], "steps": 40}))
    again = request(studio, settings={**FORM["settings"], "steps": 40})
    id = studio.submit("ann", again)
    until(lambda: look(studio, id).step >= 2)
    studio.jobs.stop("ann", id)
    stopped = over(studio, id)
    assert stopped.state == State.STOPPED
    assert 2 <= stopped.step < 40
    assert studio.library.unfinished.state_of(again.id).is_file()
    studio.jobs.go_on("ann", id)
    done = over(studio, id)
    assert done.result is not None
    assert done.result.name == "cat-2.safetensors"
    assert ErasedWeights.load(done.result).sha256 == whole.sha256
    assert not studio.library.unfinished.state_of(again.id).exists()


def test_cancelled_and_dropped_nothing_is_left(studio: Studio) -> None:
    asked = request(studio, settings={**FORM["settings"], "steps": 1000})
    id = studio.submit("ann", asked)
    until(lambda: look(studio, id).step >= 1)
    studio.jobs.stop("ann", id)
    over(studio, id)
    studio.jobs.drop("ann", id)
    assert [path for path in studio.library.folder.rglob("*") if path.is_file()] == []


def test_a_pair_drawn_between_two_steps_changes_nothing(studio: Studio) -> None:
    file = made(studio).name
    quiet = studio.draw(file, "cat", 3)
    alone = ErasedWeights.load(made(studio, settings={**FORM["settings"], "steps": 60}))
    id = studio.submit("ann", request(studio, settings={**FORM["settings"], "steps": 60}))
    until(lambda: look(studio, id).step >= 1)
    busy = studio.draw(file, "cat", 3)
    assert look(studio, id).state == State.RUNNING
    assert (busy.original, busy.erased) == (quiet.original, quiet.erased)
    done = over(studio, id)
    assert done.result is not None
    assert ErasedWeights.load(done.result).sha256 == alone.sha256


def test_a_pair_is_the_original_and_the_erased_at_the_same_seed(studio: Studio) -> None:
    file = made(studio, settings={**FORM["settings"], "lr": 0.05}).name
    pair, other = studio.draw(file, "cat", 3), studio.draw(file, "cat", 4)
    assert pair.original.size == pair.erased.size
    assert ImageChops.difference(pair.original, pair.erased).getbbox() is not None
    assert pair.original != other.original
    with pytest.raises(OptionError, match="seed must be between 0"):
        studio.draw(file, "cat", -1)


@pytest.mark.parametrize("kind", ["diffusers", "lora"])
def test_an_export_can_be_loaded(studio: Studio, kind: str) -> None:
    file = made(studio).name
    path = studio.export(file, kind)
    assert path.parent == studio.library.exports
    if kind == "lora":
        assert path.name == "cat-lora.safetensors"
        return
    with zipfile.ZipFile(path) as archive:
        archive.extractall(studio.library.exports / "out")
    exported = load(studio.library.exports / "out" / "cat-diffusers", device="cpu")
    drawn = generate(exported, ["cat"], [3])[0]
    assert drawn.tobytes() == _as_drawn(studio.draw(file, "cat", 3).erased, drawn.size).tobytes()


def _as_drawn(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture.resize(size, Image.Resampling.NEAREST)


@pytest.mark.parametrize(
    ("phrase", "form", "error", "message"),
    [
        ("", {}, ConceptError, "the concept is empty"),
        ("  ", {}, ConceptError, "the concept is empty"),
        ("cat", {"settings": {"eta": 101.0}}, OptionError, "--eta must be between 0 and 100"),
        ("cat", {"settings": {"eta": float("nan")}}, OptionError, "--eta must be between 0"),
        ("cat", {"settings": {"method": "esd-y"}}, UnknownName, "unknown method 'esd-y'"),
        ("cat", {"recipe": "emojy"}, UnknownName, "unknown recipe 'emojy'"),
        ("cat", {"every": 0}, OptionError, "every 0 steps cannot be"),
        ("cat", {"sheet_seed": -1}, OptionError, "seed -1"),
        ("cat", {"watched": ["a"] * (MOST_PROMPTS + 1)}, OptionError, "9 prompts to watch are too"),
    ],
)
def test_a_wrong_request_is_refused_before_it_is_queued(
    studio: Studio, phrase: str, form: dict[str, Any], error: type[UnseeError], message: str
) -> None:
    with pytest.raises(error, match=message):
        studio.submit("ann", request(studio, phrase, **form))
    assert studio.jobs.of("ann") == []


def test_numbers_are_read_and_empty_fields_are_left_to_the_recipe() -> None:
    assert number("η", " 1.5 ", float) == 1.5
    assert number("steps", "7", int) == 7
    assert number("η", "  ", float) is None
    with pytest.raises(OptionError, match=r"steps must be a whole number, not '1\.5'"):
        number("steps", "1.5", int)


def test_an_unknown_model_is_refused_and_only_listed_ones_where_they_are_fixed(
    tiny_folder: Path, tmp_path: Path
) -> None:
    free = Studio(tmp_path / "a", ["emoji"])
    fixed = Studio(tmp_path / "b", ["emoji"], fixed=True)
    try:
        with pytest.raises(UnknownName, match="did you mean 'emoji'"):
            free.check_model("emojy")
        with pytest.raises(OptionError, match="the model is empty"):
            free.check_model(" ")
        for name in ("emoji", "owner/name", str(tiny_folder)):
            free.check_model(name)
        fixed.check_model("emoji")
        for name in ("owner/name", str(tiny_folder)):
            with pytest.raises(UnknownName, match="choose from: emoji$"):
                fixed.check_model(name)
        with pytest.raises(UnknownName, match="unknown model 'emojy'"):
            Studio(tmp_path / "c", ["emojy"])
    finally:
        free.close()
        fixed.close()


def test_a_model_that_fails_to_load_is_a_line_of_its_job(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    asked = Request.of_form(str(tmp_path / "empty"), "cat", **FORM)
    failed = over(studio, studio.submit("ann", asked))
    assert failed.state == State.FAILED
    assert "has no readable model_index.json" in failed.message
    made(studio)


def test_no_name_leads_out_of_the_folder(studio: Studio, tmp_path: Path) -> None:
    inside = made(studio)
    outside = tmp_path / "outside.safetensors"
    outside.write_bytes(inside.read_bytes())
    (studio.library.folder / "link.safetensors").symlink_to(outside)
    (studio.library.folder / ".hidden.safetensors").write_bytes(b"")
    state = studio.library.unfinished.state_of("state")
    state.parent.mkdir(exist_ok=True)
    state.write_bytes(b"")
    assert studio.library.names() == [inside.name]
    for name in (
        "../outside.safetensors",
        str(outside),
        str(inside),
        "link.safetensors",
        ".hidden.safetensors",
        f"{UNFINISHED}/state.safetensors",
        "",
        "cat\0",
    ):
        with pytest.raises(UnknownName, match="no erased file"):
            studio.draw(name, "cat", 0)
        with pytest.raises(UnknownName, match="no erased file"):
            studio.export(name, "lora")
    with pytest.raises(UnknownName, match="unknown format"):
        studio.export(inside.name, "../x")


def test_the_newest_file_is_listed_first_and_damaged_ones_say_so(studio: Studio) -> None:
    first = made(studio)
    second = made(studio)
    assert studio.library.names() == [second.name, first.name]
    first.write_bytes(first.read_bytes()[:1000])
    with pytest.raises(UnseeError, match="truncated"):
        studio.draw(first.name, "cat", 0)


def test_the_description_tells_what_the_header_holds(studio: Studio) -> None:
    settings = {**FORM["settings"], "preserve": ("dog",)}
    rows = dict(describe(Header.read(made(studio, settings=settings))))
    assert rows["erased"] == "'cat'"
    assert rows["base model"] == "tiny"
    assert "steps 6" in rows["settings"]
    assert "contexts" not in rows
    assert rows["preserve"] == "dog"


def test_a_file_of_another_base_is_refused(
    studio: Studio, tiny_v_folder: Path, tmp_path: Path
) -> None:
    other = load(tiny_v_folder, device="cpu")
    other.name = studio.models[0]
    config = EraseConfig.from_recipe("emoji", **FORM["settings"])
    file = studio.library.keep(erase(other, "cat", config)).name
    with pytest.raises(WrongBaseError):
        studio.draw(file, "cat", 0)
