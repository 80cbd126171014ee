"""The paper's experiments, small, on the embedded model: from a plan to a page."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from benching import Bench
from PIL import Image, ImageChops

from unsee.benchmarks.experiments.explicit_findings import by_class
from unsee.benchmarks.outcome import Outcome
from unsee.benchmarks.plan import Plan
from unsee.benchmarks.report import write_index, write_report
from unsee.benchmarks.runner import make, run
from unsee.benchmarks.systems import System, Terms
from unsee.benchmarks.worlds.emoji import Emoji, scenes
from unsee.benchmarks.worlds.world import Censored
from unsee.cli import WRONG_INPUT, main
from unsee.concepts import slug
from unsee.errors import CheckpointError, OptionError, UnknownName
from unsee.prompts import PromptSet
from unsee.running.progress import Progress

SMALL: dict[str, dict[str, Any]] = {
    "artists": {
        "systems": ("esd-x", "sld-max", "negative"), "prompts": 3, "seeds": 1, "other_seeds": 1,
    },
    "explicit": {
        "systems": ("unedited", "esd-u", "sld-medium", "filter"), "count": 4, "general_count": 4,
    },
    "objects": {"seeds": 2},
    "memorised": {"counts": (1, 2), "seeds": 1},
    "strength": {"etas": (1.0, 3.0), "count": 2, "seeds": 1},
    "paraphrase": {"seeds": 2},
    "parameters": {
        "systems": ("unedited", "esd-x", "esd-u"), "count": 2, "own_prompts": 2, "seeds": 1,
    },
}  # fmt: skip
"""Options of each."""
UNEDITED, ESD_X = (System.named(name) for name in ("unedited", "esd-x"))
LINES = re.compile(r"(erasing|drawing) .* \((\d+) of (\d+)\)")


@pytest.mark.parametrize("name", SMALL)
def test_an_experiment_becomes_a_table_a_figure_and_a_page(
    bench: Bench, name: str, tmp_path: Path
) -> None:
    plan = bench.plan(name, **SMALL[name])
    lines: dict[str, Progress] = {}
    outcome = bench.conduct(name, watch=lambda done: lines.update({done.what: done}), **SMALL[name])
    # What is said to be coming, before anything starts, has come.
    assert len(plan.erasures) == len(outcome.settings["ledger"]) > 0
    announced = {"erasing": len(plan.erasures), "drawing": len(plan.draws)}
    for line in lines:
        kind, place, of = LINES.fullmatch(line).groups()  # type: ignore[union-attr]
        assert 1 <= int(place) <= int(of) == announced[kind]
    drawn = [done for line, done in lines.items() if line.startswith("drawing")]
    assert sum(int(done.done) for done in drawn) == plan.pictures
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


def test_a_result_says_what_it_was_made_with(bench: Bench, tmp_path: Path) -> None:
    outcome = bench.conduct("strength", **SMALL["strength"])
    ledger = {one["system"]: one for one in outcome.settings["ledger"]}
    assert set(ledger) == {"esd-u-1", "esd-u-3"}
    assert ledger["esd-u-3"]["config"]["eta"] == 3
    assert ledger["esd-u-3"]["config"]["steps"] == 1
    assert ledger["esd-u-3"]["concepts"] == (bench.world.explicit,)
    assert ledger["esd-u-3"]["seconds"] >= 0
    file = bench.cache.file(bench.plan("strength", **SMALL["strength"]).erasures[-1])
    assert ledger["esd-u-3"]["size"] == file.stat().st_size
    assert outcome.settings["model fingerprint"] == bench.model.fingerprint
    outcome.save(tmp_path)
    prompts = PromptSet.read_csv(tmp_path / "prompts.csv")
    pairs = {(row.prompt, row.seed) for row in prompts}
    assert {(row.prompt, row.seed) for row in scenes(True, 2)} < pairs
    assert len(pairs) == len(prompts)


def test_what_is_done_is_not_done_again(bench: Bench) -> None:
    first = bench.conduct("paraphrase", **SMALL["paraphrase"])
    lines: list[str] = []
    second = bench.conduct(
        "paraphrase", watch=lambda done: lines.append(done.what), **SMALL["paraphrase"]
    )
    assert second.numbers == first.numbers
    assert not any(line.startswith("erasing") for line in lines)
    name = slug(bench.world.paraphrases[0])
    damaged = next((bench.cache.folder / "pictures").glob(f"{name}-esd-x-*/00000.png"))
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:50])
    with (damaged.parent / "manifest.jsonl").open("ab") as manifest:
        manifest.write(b"\xff\xfe cut off\n")
    assert bench.conduct("paraphrase", **SMALL["paraphrase"]).numbers == first.numbers
    assert damaged.read_bytes() == whole


def test_works_of_no_known_style_are_erased_and_told_apart_by_their_pictures(
    bench: Bench, tmp_path: Path
) -> None:
    red, blue = (Image.new("RGB", (64, 64), colour) for colour in ("red", "blue"))
    red.save(tmp_path / "red.png")
    outcome = bench.conduct(
        "memorised", titles=("A Square",), images=(tmp_path / "red.png",), counts=(1,), seeds=1
    )
    assert outcome.rows[0][3] == ""
    assert "their style" not in outcome.panels[0].series
    (of_each,) = outcome.numbers[0]["each work"].values()
    assert of_each == outcome.numbers[0]["erased works"]
    erasures = [
        ESD_X.erase(bench.world, Terms(), ["A Square"], [picture], source="images")
        for picture in (red, blue)
    ]
    assert bench.cache.cost(erasures[0]) is not None
    results = run(Plan(erasures), {bench.model.fingerprint: bench.model}, bench.cache)
    first, second = map(results.weights, erasures)
    assert first.provenance.images != second.provenance.images


def test_the_seed_of_an_erasure_from_pictures_has_no_trajectories_to_go_to(bench: Bench) -> None:
    picture = Image.new("RGB", (64, 64))
    erasure = ESD_X.erase(bench.world, Terms(seed=3), ["A"], [picture], source="images")
    config: Any = erasure.config
    assert (config.seed, config.rollout_seed) == (3, 0)
    named: Any = ESD_X.erase(bench.world, Terms(seed=3), ["A"]).config
    assert (named.seed, named.rollout_seed) == (3, 3)


def test_few_prompts_of_an_artist_are_enough(bench: Bench) -> None:
    outcome = bench.conduct("artists", systems=("negative",), prompts=2, seeds=1)
    assert len(outcome.numbers) == 2


class TwoScenes(Emoji):
    """As I2P has them: two categories in a cell."""

    def unnamed(self, count: int) -> PromptSet:
        rows = [("cat at a casino", 0, "hate, shocking"), ("dog at a casino", 1, "hate")]
        return PromptSet.numbered(rows)


def test_categories_in_one_cell_are_counted_apart(bench: Bench) -> None:
    world = TwoScenes.of(bench.model)
    outcome = bench.conduct("explicit", world, systems=("unedited",), general_count=2)
    trials = {place: count[1] for place, count in outcome.numbers[0]["by group"].items()}
    assert trials == {"hate": 2, "shocking": 1}


def test_a_claim_about_several_strengths_needs_several_and_a_rise(bench: Bench) -> None:
    outcome = bench.conduct("strength", etas=(3.0, 3.0), count=2, seeds=1)
    assert [number["system"] for number in outcome.numbers] == ["unedited", "esd-u-3"]
    assert not outcome.claims


def test_the_papers_curves_stand_beside_ours_at_its_strengths(bench: Bench) -> None:
    outcome = bench.conduct("strength", etas=(10.0, 1.0), count=2, seeds=1)
    curves = outcome.panels[1].series
    assert [value for value, _, _ in curves["reduction, the paper"]] == [83, 92]
    assert [value for value, _, _ in curves["loss, the paper"]] == [7, 34]
    for name in ("reduction, %", "loss, points"):
        assert all(low <= value <= high for value, low, high in curves[name])
    other = bench.conduct("strength", etas=(1.0, 2.0), count=2, seeds=1)
    assert not any("paper" in name for name in other.panels[1].series)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("strength", {"method": "foo", "etas": (1.0,)}),
        ("strength", {"etas": (math.nan,)}),
        ("objects", {"steps": 0}),
    ],
)
def test_settings_are_checked_before_anything_is_drawn(
    bench: Bench, name: str, options: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises((OptionError, UnknownName)):
        bench.elsewhere(tmp_path).conduct(name, **options)
    assert not list(tmp_path.iterdir())


def test_a_filter_shows_none_of_what_it_flags_and_draws_nothing_itself(bench: Bench) -> None:
    outcome = bench.conduct("explicit", **SMALL["explicit"])
    by_name = {row["system"]: row for row in outcome.numbers}
    assert by_name["filter"]["detected"][0] == 0
    assert by_name["filter"]["withheld"] == by_name["unedited"]["detected"][0] > 0
    assert by_name["filter"]["frechet"] == by_name["unedited"]["frechet"]
    draws = bench.plan("explicit", **SMALL["explicit"]).draws
    assert {draw.system for draw in draws} == {"unedited", "esd-u", "sld-medium"}


def test_a_model_without_the_concept_is_asked_for_and_draws_in_its_place(bench: Bench) -> None:
    prompts = scenes(True, 1)
    censored, terms = System.named("censored"), Terms()
    with pytest.raises(OptionError, match="censored_model"):
        censored.draw(bench.world, terms, ["badge"], prompts)
    world = replace(bench.world, censored=Censored(bench.model.fingerprint))
    draws = [system.draw(world, terms, ["badge"], prompts) for system in (censored, UNEDITED)]
    results = run(Plan(draws), {bench.model.fingerprint: bench.model}, bench.cache)
    first, second = (results[draw][0] for draw in draws)
    assert ImageChops.difference(first, second).getbbox() is None


def test_a_class_that_nobody_recognises_is_refused(bench: Bench) -> None:
    strange = replace(bench.world, classes={"tench": "fishh"})
    with pytest.raises(UnknownName, match="did you mean 'fish'"):
        bench.conduct("objects", strange, seeds=1)


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
    assert by_class(found) == {
        "unedited": {"ARMPITS": 0, "BELLY": 1, "FEET": 2},
        "esd-u": {"ARMPITS": 1, "BELLY": 0, "FEET": 1},
    }


def test_the_cost_of_training_without_the_concept_stands_beside_that_of_erasing(
    bench: Bench,
) -> None:
    def notes(seconds: float | None) -> list[str]:
        world = replace(bench.world, censored=Censored(bench.model.fingerprint, seconds))
        systems = ("unedited", "esd-u", "censored")
        return bench.conduct(
            "explicit", world, systems=systems, censored_model="x", count=2, general_count=2
        ).notes

    (note,) = notes(7200.0)
    assert "training the censored model took 7,200." in note
    (note,) = notes(None)
    assert "150,000 GPU-hours" in note


def test_a_damaged_erasure_is_made_again(bench: Bench) -> None:
    erasure = ESD_X.erase(bench.world, Terms(), ["cat"])

    def made() -> set[str]:
        make(erasure, bench.model, bench.cache)
        return set(bench.cache.weights(erasure).tensors)

    whole = made()
    (path,) = (bench.cache.folder / "erased").glob("cat-esd-x-*.safetensors")
    before = path.read_bytes()
    path.write_bytes(before[:1000])
    assert made() == whole
    path.with_suffix(".json").write_text("")
    made()
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
        ("explicit --evaluator juge", "did you mean 'judge'"),
        ("objects --batch-size 0", "--batch-size must be at least 1"),
    ],
)
def test_what_makes_no_experiment_is_refused(
    words: str, flag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["bench", *words.split(), "--quick", "--out", str(tmp_path), "--work", str(tmp_path)]
    assert main(argv) == WRONG_INPUT
    assert flag in capsys.readouterr().err
