"""Erasing, drawing and exporting for visitors: the same bytes as without a page, and no way out."""

import gc
import itertools
import json
import shutil
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from unsee.concepts import Concept
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import erase
from unsee.errors import (
    ConceptError,
    OptionError,
    OutputError,
    UnknownName,
    UnseeError,
    WrongBaseError,
)
from unsee.loading import Model, load
from unsee.sampling.draw import generate
from unsee.ui.erasures import MOST_PROMPTS, Request, number, whole
from unsee.ui.job import Snapshot, State
from unsee.ui.library import describe
from unsee.ui.studio import LOADED, Studio
from unsee.ui.unfinished import UNFINISHED
from unsee.weights.erased import ErasedWeights
from unsee.weights.file import Header

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
    studio = Studio(tmp_path / "erased", [str(quick_folder)], device="cpu", most_steps=1000)
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
    sheets, told = [], []

    class Watching:
        def say(self, phrase: str) -> None:
            told.append(phrase)

        def step(self, step: int, steps: int, loss: float) -> None:
            told.append(f"step {step}")

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
    assert told[-2:] == ["step 6", "drawing with the concept erased"]
    before = generate(model, ["cat", "dog"], 0)
    with ErasedWeights.load(path).applied(model):
        after = generate(model, ["cat", "dog"], 0)
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


def test_after_a_stop_of_the_server_the_next_one_goes_on_to_the_same_file(
    studio: Studio, tmp_path: Path
) -> None:
    settings = {**FORM["settings"], "steps": 40, "preserve": ("dog",)}
    whole = ErasedWeights.load(made(studio, settings=settings))
    studio.jobs.drop("ann", studio.jobs.of("ann")[0].id)
    asked = [request(studio, settings=settings), request(studio, "dog", every=3)]
    ids = [studio.submit("ann", one) for one in asked]
    until(lambda: look(studio, ids[0]).step >= 2)
    left = studio.close()
    assert [(job.title, job.state) for job in left] == [
        ("'cat' from tiny", State.STOPPED),
        ("'dog' from tiny", State.WAITING),
    ]
    assert studio.library.unfinished.state_of(asked[0].id).is_file()
    following = Studio(tmp_path / "erased", studio.models, device="cpu")
    try:
        assert following.resumed == 2
        found = following.jobs.of("ann")
        assert [(job.title, job.state) for job in found] == [
            ("'cat' from tiny", State.STOPPED),
            ("'dog' from tiny", State.STOPPED),
        ]
        assert "go on, or drop it" in found[0].message
        following.jobs.drop("ann", found[1].id)
        following.jobs.go_on("ann", found[0].id)
        until(lambda: not following.jobs.of("ann")[0].state.active)
        (done,) = following.jobs.of("ann")
        assert done.result is not None, done.message
        assert ErasedWeights.load(done.result).sha256 == whole.sha256
        # It went on, and did not start anew.
        assert done.losses[0].step > 2
        assert list(following.library.unfinished.folder.iterdir()) == []
    finally:
        following.close()


def test_what_is_asked_for_outlives_a_crash_and_what_nobody_can_use_is_cleaned(
    studio: Studio, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unfinished = studio.library.unfinished
    asked = request(studio, settings={**FORM["settings"], "eta": 1.5}, watched=["a", "b"], every=7)
    assert Request.from_record(json.loads(json.dumps(asked.to_record()))) == asked
    unfinished.note(asked.id, {"owner": "ann", **asked.to_record()})
    unfinished.note("odd", {"owner": "ann", "id": "odd"})
    (unfinished.folder / "damaged.json").write_text("{")
    unfinished.state_of("alone").write_bytes(b"")
    unfinished.state_of(asked.id).write_bytes(b"")
    (unfinished.folder / ".half.safetensors.1.part").write_bytes(b"")
    assert unfinished.folder.stat().st_mode & 0o077 == 0
    with pytest.raises(OutputError, match="another page is served from .*erased; end that one"):
        Studio(tmp_path / "erased", studio.models)
    # As the end of a process does, whatever ended it.
    unfinished.close()
    following = Studio(tmp_path / "erased", studio.models)
    try:
        assert following.resumed == 1
        assert [job.title for job in following.jobs.of("ann")] == ["'cat' from tiny"]
        left = {path.name for path in unfinished.folder.iterdir()}
        assert left == {f"{asked.id}.json", f"{asked.id}.safetensors", "odd.json", "damaged.json"}
        assert "odd is left out" in caplog.text
        assert "damaged.json cannot be read" in caplog.text
    finally:
        following.close()


def test_two_models_are_loaded_at_most_and_the_one_erased_from_stays(
    quick_folder: Path, cat: Path, tmp_path: Path, one_thread: None
) -> None:
    names = [str(shutil.copytree(quick_folder, tmp_path / name)) for name in "abc"]

    def alive() -> int:
        gc.collect()
        return sum(type(one) is Model for one in gc.get_objects())

    before = alive()
    erased = ErasedWeights.load(cat)
    studio = Studio(tmp_path / "erased", names, device="cpu")
    try:
        for name in "abc":
            recipe = replace(erased.provenance, base=name)
            replace(erased, provenance=recipe).save(studio.library.folder / f"{name}.safetensors")
        form = {**FORM, "settings": {**FORM["settings"], "steps": 100_000}, "every": 100_000}
        id = studio.submit("ann", Request.of_form(names[0], "cat", **form))
        until(lambda: look(studio, id).step >= 1)
        # In each case one has to go that nobody holds.
        for file in ("b", "c", "a", "b"):
            studio.draw(f"{file}.safetensors", "cat", 0)
        assert alive() - before == LOADED
        assert look(studio, id).state == State.RUNNING
    finally:
        studio.close()


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
    for prompt, seed, message in (
        ("cat", -1, "seed must be between 0"),
        (" ", 0, "the prompt is empty"),
        ("a" * 1001, 0, "1001 letters"),
    ):
        with pytest.raises(OptionError, match=message):
            studio.draw(file, prompt, seed)


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
        ("cat", {"settings": {"eta": 101.0}}, OptionError, "eta must be between 0 and 100"),
        ("cat", {"settings": {"eta": float("nan")}}, OptionError, "eta must be between 0"),
        ("cat", {"settings": {"method": "esd-y"}}, UnknownName, "unknown method 'esd-y'"),
        ("cat", {"recipe": "emojy"}, UnknownName, "unknown recipe 'emojy'"),
        ("cat", {"every": 0}, OptionError, "every 0 steps cannot be"),
        ("cat", {"sheet_seed": -1}, OptionError, "seed -1"),
        ("cat", {"watched": ["a"] * (MOST_PROMPTS + 1)}, OptionError, "9 prompts to watch are too"),
        ("cat", {"watched": ["a" * 1001]}, OptionError, "a prompt of 1001 letters is too long"),
        ("a" * 1001, {}, OptionError, "a prompt of 1001 letters is too long"),
        ("cat", {"settings": {"preserve": ("a" * 1001,)}}, OptionError, "1001 letters"),
        ("cat", {"settings": {"preserve": ("a",) * 33}}, OptionError, "33 prompts to preserve are"),
        ("cat", {"settings": {"steps": 1001}}, OptionError, "1001 steps are too many here; 1000"),
    ],
)
def test_a_wrong_request_is_refused_before_it_is_queued(
    studio: Studio, phrase: str, form: dict[str, Any], error: type[UnseeError], message: str
) -> None:
    with pytest.raises(error, match=message):
        studio.submit("ann", request(studio, phrase, **form))
    assert studio.jobs.of("ann") == []
    assert studio.library.unfinished.notes() == {}


def test_numbers_are_read_and_empty_fields_are_left_to_the_recipe() -> None:
    assert number("eta", " 1.5 ") == 1.5
    assert number("steps", "7") == 7
    assert number("eta", "  ") is None
    with pytest.raises(OptionError, match=r"steps must be a whole number, not '1\.5'"):
        number("steps", "1.5")
    with pytest.raises(OptionError, match=r"seed must be a whole number, not '9{40}'$"):
        number("seed", "9" * 5000)
    assert whole("seed", 7.0) == 7
    for wrong, message in (
        (1.7, "the seed must be a whole number up to 2..53, not 1.7"),
        (1e300, "not 1e.300"),
        (float("nan"), "not nan"),
        (None, "the seed is empty"),
    ):
        with pytest.raises(OptionError, match=message):
            whole("seed", wrong)


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


def test_a_folder_that_is_a_file_and_a_device_that_is_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="file is a file; name a folder by folder"):
        Studio(tmp_path / "file", ["emoji"])
    with pytest.raises(OutputError, match="cannot keep erased files in .*in.*: Not a directory"):
        Studio(tmp_path / "file" / "in", ["emoji"])
    with pytest.raises(OptionError, match="device tpu cannot be used here; try cpu"):
        Studio(tmp_path / "new", ["emoji"], device="tpu")
    with pytest.raises(OptionError, match="most_own must be 1 or more, not 0"):
        Studio(tmp_path / "new", ["emoji"], most_own=0)
    assert not (tmp_path / "new").exists()


def test_a_model_that_fails_to_load_is_a_line_of_its_job(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    asked = Request.of_form(str(tmp_path / "empty"), "cat", **FORM)
    failed = over(studio, studio.submit("ann", asked))
    assert failed.state == State.FAILED
    assert "has no readable model_index.json" in failed.message
    assert studio.library.unfinished.notes() == {}
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
    with pytest.raises(UnseeError, match="truncated") as told:
        studio.draw(first.name, "cat", 0)
    assert str(told.value).startswith("cannot read cat.safetensors: ")
    second.unlink()
    # Another file is not what was meant.
    with pytest.raises(UnknownName, match=r"^there is no erased file 'cat-2.safetensors'; choose"):
        studio.draw(second.name, "cat", 0)


def test_the_description_tells_what_the_header_holds(studio: Studio) -> None:
    settings = {**FORM["settings"], "preserve": ("dog",)}
    rows = dict(describe(Header.read(made(studio, settings=settings))))
    assert rows["erased"] == "'cat'"
    assert rows["base model"] == "tiny"
    assert "steps 6" in rows["settings"]
    assert "contexts" not in rows
    assert rows["preserve"] == "dog"


def test_a_file_is_described_by_its_header_alone(cat: Path, tmp_path: Path) -> None:
    erased = ErasedWeights.load(cat)
    header = Header.read(cat)
    assert header.provenance == erased.provenance
    assert header.shapes == {name: tuple(one.shape) for name, one in erased.tensors.items()}
    # Of a gigabyte, none of which is on the disk: to read it alone takes longer.
    numbers = 2**28
    tensor = {"dtype": "F32", "shape": [numbers], "data_offsets": [0, 4 * numbers]}
    head = json.dumps(
        {"__metadata__": {"unsee": erased.provenance.to_json()}, "a": tensor}
    ).encode()
    with (tmp_path / "large.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        file.truncate(8 + len(head) + 4 * numbers)
    began = time.process_time()
    rows = dict(describe(Header.read(tmp_path / "large.safetensors")))
    assert time.process_time() - began < 0.1
    assert rows["changes"] == f"1 tensors, {numbers:,} numbers"


def test_a_file_of_another_base_is_refused(
    studio: Studio, tiny_v_folder: Path, tmp_path: Path
) -> None:
    other = load(tiny_v_folder, device="cpu")
    other.name = studio.models[0]
    config = EraseConfig.from_recipe("emoji", **FORM["settings"])
    file = studio.library.keep(erase(other, "cat", config)).name
    with pytest.raises(WrongBaseError):
        studio.draw(file, "cat", 0)
