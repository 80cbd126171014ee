"""The paper's experiments, small, on the embedded model: from a workbench to a page."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unsee.benchmarks.experiments import (
    artists,
    explicit,
    memorised,
    objects,
    parameters,
    paraphrase,
    strength,
)
from unsee.benchmarks.outcome import Outcome
from unsee.benchmarks.report import write_index, write_report
from unsee.benchmarks.systems import System
from unsee.benchmarks.workbench import Workbench
from unsee.benchmarks.worlds.asked import EMOJI, emoji_drawings, emoji_scenes, numbered
from unsee.benchmarks.worlds.emoji_real import artworks, drawings
from unsee.benchmarks.worlds.evaluators import EmojiSubject
from unsee.cli import WRONG_INPUT, main
from unsee.concepts import slug
from unsee.emoji.evaluators import load_judge
from unsee.errors import CheckpointError, OptionError, UnknownName
from unsee.loading import Model
from unsee.prompts import PromptSet

FEW = replace(
    EMOJI,
    artists=EMOJI.artists[:2],
    subjects=EMOJI.subjects[:3],
    classes=dict(list(EMOJI.classes.items())[:2]),
    paraphrases=EMOJI.paraphrases[:1],
)
SETTINGS = {"steps": 1, "sampler_steps": 2, "rollouts": 1, "batch": 1}

UNEDITED, ESD_X, ESD_U = (System.named(name) for name in ("unedited", "esd-x", "esd-u"))
EXPERIMENTS: dict[str, Callable[[Workbench], Outcome]] = {
    "artists": lambda bench: artists.run(
        bench, FEW, [ESD_X, System.named("sld-max"), System.named("negative")], 3, [0], [0]
    ),
    "explicit": lambda bench: explicit.run(
        bench,
        FEW,
        [UNEDITED, ESD_U, System.named("sld-medium"), System.named("filter")],
        emoji_scenes(True, 4),
        emoji_drawings(4),
        drawings(8),
    ),
    "objects": lambda bench: objects.run(bench, FEW, ESD_U, range(2)),
    "memorised": lambda bench: memorised.run(
        bench, FEW, ESD_X, artworks()[:3], [1, 2], [0], emoji_drawings(2)
    ),
    "strength": lambda bench: strength.run(
        bench, FEW, "esd-u", [1.0, 3.0], emoji_scenes(True, 2), range(1)
    ),
    "paraphrase": lambda bench: paraphrase.run(bench, FEW, ESD_X, range(2)),
    "parameters": lambda bench: parameters.run(
        bench, FEW, [UNEDITED, ESD_X, ESD_U], emoji_scenes(True, 2), 2, range(1)
    ),
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, quick_emoji: Model) -> Workbench:
    folder = tmp_path_factory.mktemp("bench")
    return Workbench(quick_emoji, EmojiSubject(load_judge()), folder, settings=dict(SETTINGS))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_becomes_a_table_a_figure_and_a_page(
    bench: Workbench, name: str, tmp_path: Path
) -> None:
    own = replace(bench, begun={})
    outcome = EXPERIMENTS[name](own)
    # What is said to be coming, while it runs, has come.
    assert own.planned == len(own.begun) > 0
    assert outcome.experiment == name
    assert all(len(row) == len(outcome.header) for row in outcome.rows)
    outcome.save(tmp_path / name)
    again = Outcome.read(tmp_path / name)
    assert again.table == outcome.table
    assert again.claims == outcome.claims
    page = write_report(tmp_path / name).read_text()
    # All of it is in the page itself.
    assert "src=" not in page.replace('src="data:image/png;base64,', "")
    assert page.count("<figure>") == len(outcome.sheets) + 1
    assert (tmp_path / name / "figure.png").exists()
    index = write_index(tmp_path).read_text()
    assert f'href="{name}/report.html"' in index


def test_a_result_says_what_it_was_made_with(bench: Workbench, tmp_path: Path) -> None:
    own = replace(bench, configs={}, drawn={})
    EXPERIMENTS["strength"](own)
    record = own.record()
    assert set(record["erasures"]) == {"esd-u-1", "esd-u-3"}
    assert record["erasures"]["esd-u-3"]["eta"] == 3
    assert record["erasures"]["esd-u-3"]["steps"] == SETTINGS["steps"]
    assert record["model fingerprint"] == bench.model.fingerprint
    own.prompts().write_csv(tmp_path / "prompts.csv")
    asked = {(row.prompt, row.seed) for row in PromptSet.read_csv(tmp_path / "prompts.csv")}
    assert {(row.prompt, row.seed) for row in emoji_scenes(True, 2)} < asked
    assert len(asked) == len(own.prompts())


def test_what_is_done_is_not_done_again(bench: Workbench) -> None:
    first = EXPERIMENTS["paraphrase"](bench)
    told: list[str] = []
    watched = replace(bench, watch=lambda what, done, total: told.append(what))
    second = EXPERIMENTS["paraphrase"](watched)
    assert second.numbers == first.numbers
    assert not any(what.startswith("erasing") for what in told)
    name = slug(FEW.paraphrases[0])
    damaged = next((bench.folder / "pictures").glob(f"{name}-esd-x-*/00000.png"))
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:50])
    with (damaged.parent / "manifest.jsonl").open("ab") as manifest:
        manifest.write(b"\xff\xfe cut off\n")
    assert EXPERIMENTS["paraphrase"](bench).numbers == first.numbers
    assert damaged.read_bytes() == whole


def test_works_of_no_known_style_are_erased_and_told_apart_by_their_pictures(
    bench: Workbench, tmp_path: Path
) -> None:
    red, blue = (Image.new("RGB", (64, 64), colour) for colour in ("red", "blue"))
    outcome = memorised.run(
        bench, FEW, ESD_X, [memorised.Artwork("A Square", red, "")], [1], [0], emoji_drawings(2)
    )
    assert outcome.rows[0][3] == ""
    assert "their style" not in outcome.panels[0].series
    (of_each,) = outcome.numbers[0]["each work"].values()
    assert of_each == outcome.numbers[0]["erased works"]
    first, second = (
        bench.erased(ESD_X, ["A Square"], images=[picture], source="images")
        for picture in (red, blue)
    )
    assert first.provenance.images != second.provenance.images


def test_few_prompts_of_an_artist_are_enough(bench: Workbench) -> None:
    outcome = artists.run(bench, FEW, [System.named("negative")], 2, [0], [0])
    assert len(outcome.numbers) == 2


def test_categories_in_one_cell_are_counted_apart(bench: Workbench) -> None:
    rows = numbered([("cat at a casino", 0, "hate, shocking"), ("dog at a casino", 1, "hate")])
    outcome = explicit.run(bench, FEW, [UNEDITED], rows, emoji_drawings(2), drawings(2))
    trials = {place: count[1] for place, count in outcome.numbers[0]["by group"].items()}
    assert trials == {"hate": 2, "shocking": 1}


def test_a_claim_about_several_strengths_needs_several_and_a_rise(bench: Workbench) -> None:
    outcome = strength.run(bench, FEW, "esd-u", [3.0, 3.0], emoji_scenes(True, 2), range(1))
    assert [number["system"] for number in outcome.numbers] == ["unedited", "esd-u-3"]
    assert not outcome.claims


def test_the_papers_curves_stand_beside_ours_at_its_strengths(bench: Workbench) -> None:
    outcome = strength.run(bench, FEW, "esd-u", [10.0, 1.0], emoji_scenes(True, 2), range(1))
    curves = outcome.panels[1].series
    assert [value for value, _, _ in curves["reduction, the paper"]] == [83, 92]
    assert [value for value, _, _ in curves["loss, the paper"]] == [7, 34]
    for name in ("reduction, %", "loss, points"):
        assert all(low <= value <= high for value, low, high in curves[name])
    other = strength.run(bench, FEW, "esd-u", [1.0, 2.0], emoji_scenes(True, 2), range(1))
    assert not any("paper" in name for name in other.panels[1].series)


def test_settings_are_checked_before_anything_is_drawn(tmp_path: Path, bench: Workbench) -> None:
    fresh = replace(bench, folder=tmp_path)
    for run in (
        lambda: strength.run(fresh, FEW, "foo", [1.0], emoji_scenes(True, 2), range(1)),
        lambda: strength.run(fresh, FEW, "esd-u", [math.nan], emoji_scenes(True, 2), range(1)),
        lambda: objects.run(replace(fresh, settings={"steps": 0}), FEW, ESD_U, range(1)),
    ):
        with pytest.raises((OptionError, UnknownName)):
            run()
    assert not list(tmp_path.iterdir())


def test_a_filter_shows_none_of_what_it_flags_and_draws_nothing_itself(bench: Workbench) -> None:
    outcome = EXPERIMENTS["explicit"](bench)
    by_name = {row["system"]: row for row in outcome.numbers}
    assert by_name["filter"]["detected"][0] == 0
    assert by_name["filter"]["withheld"] == by_name["unedited"]["detected"][0] > 0
    assert by_name["filter"]["frechet"] == by_name["unedited"]["frechet"]


def test_a_weaker_prompt_set_or_another_model_is_told_apart(bench: Workbench) -> None:
    with pytest.raises(OptionError, match="censored_model"):
        bench.draw(System.named("censored"), "badge", emoji_scenes(True, 1))
    censored = replace(bench, censored=bench.model)
    drawn = censored.draw(System.named("censored"), "badge", emoji_scenes(True, 1))
    assert np.array_equal(drawn, bench.draw(UNEDITED, "badge", emoji_scenes(True, 1)))


def test_a_class_that_nobody_recognises_is_refused(bench: Workbench) -> None:
    strange = replace(FEW, classes={"tench": "fishh"})
    with pytest.raises(UnknownName, match="did you mean 'fish'"):
        objects.run(bench, strange, ESD_U, range(1))


def test_a_folder_without_a_result_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no result"):
        write_report(tmp_path)
    with pytest.raises(CheckpointError, match="holds no results"):
        write_index(tmp_path)
    (tmp_path / "result.json").write_text(json.dumps({"experiment": "x"}))
    with pytest.raises(CheckpointError, match="run the experiment again"):
        write_report(tmp_path)


def test_detections_are_counted_by_class_and_a_class_that_is_gone_is_counted_as_none() -> None:
    found = {
        "unedited": [("FEET", "BELLY"), ("FEET",), ()],
        "esd-u": [("FEET",), (), ("ARMPITS",)],
    }
    assert explicit.by_class(found) == {
        "unedited": {"ARMPITS": 0, "BELLY": 1, "FEET": 2},
        "esd-u": {"ARMPITS": 1, "BELLY": 0, "FEET": 1},
    }


def test_the_cost_of_training_without_the_concept_stands_beside_that_of_erasing(
    bench: Workbench,
) -> None:
    systems = [UNEDITED, ESD_U, System.named("censored")]
    prompts = emoji_scenes(True, 2), emoji_drawings(2), drawings(2)
    other = replace(bench, censored=bench.model, censored_seconds=7200.0)
    (note,) = explicit.run(other, FEW, systems, *prompts).notes
    assert "training the censored model took 7,200." in note
    (note,) = explicit.run(replace(other, censored_seconds=None), FEW, systems, *prompts).notes
    assert "150,000 GPU-hours" in note


def test_a_damaged_erasure_is_made_again(bench: Workbench) -> None:
    whole = bench.erased(ESD_X, "cat")
    (path,) = (bench.folder / "erased").glob("cat-esd-x-*.safetensors")
    before = path.read_bytes()
    path.write_bytes(before[:1000])
    assert bench.erased(ESD_X, "cat").tensors.keys() == whole.tensors.keys()
    path.with_suffix(".json").write_text("")
    bench.erased(ESD_X, "cat")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ("objects --seeds 0", "--seeds must be at least 1"),
        ("artists --prompts -2", "--prompts must be at least 1"),
        ("explicit --prompts i2p.csv", "--prompts is for models other than emoji"),
        ("explicit --clip openai/clip", "--clip is for models other than emoji"),
        ("strength --classifier a/b", "--classifier is for models other than emoji"),
        ("artists --clip openai/clip", "--clip"),
        ("explicit --classifier a/b", "--classifier"),
        ("explicit --systems censored unedited", "--censored-model and the system censored"),
        ("explicit --systems esd-x --censored-model emoji", "--censored-model and the system"),
        ("explicit --systems esd-x esd-x", "esd-x is named twice"),
        ("artists --systems filter", "filter erases nothing"),
        ("objects --system unedited", "unedited erases nothing"),
        ("parameters --systems unedited censored", "censored erases nothing"),
        ("memorised --system negative", "--system negative changes no weights"),
        ("strength --etas", "--etas takes"),
        ("memorised --counts", "--counts takes"),
        ("memorised --counts 0", "--counts takes"),
        ("artists --systems", "--systems takes"),
        ("artists --seeds 7", "--quick has a --seeds of its own"),
        ("explicit --count 7", "--quick has a --count of its own"),
    ],
)
def test_what_makes_no_experiment_is_refused(
    words: str, flag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["bench", *words.split(), "--quick", "--out", str(tmp_path), "--work", str(tmp_path)]
    assert main(argv) == WRONG_INPUT
    assert flag in capsys.readouterr().err
