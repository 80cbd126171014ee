"""Plans: items by content, in any order, by any runner; the ledger of what they cost."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from benching import Bench
from PIL import Image

from unsee.benchmarks import ledger
from unsee.benchmarks.experiments import EXPERIMENTS
from unsee.benchmarks.items import Draw, Erase, Item, Picture
from unsee.benchmarks.plan import Plan
from unsee.benchmarks.runner import make, run
from unsee.benchmarks.systems import System, Terms
from unsee.erasing.config import EraseConfig
from unsee.errors import CheckpointError, OptionError, Stopped
from unsee.prompts import PromptSet
from unsee.running.progress import Progress

RESULTS = Path(__file__).parents[2] / "benchmarks/results"
PROMPTS = PromptSet.cross(["cat", "dog"], [0])
CANVAS = {"targets": ("noto", "church"), "train_seeds": (0, 1)}


def some(bench: Bench) -> Plan:
    """Two erasures, one of them from a picture, and pictures by three systems."""
    world, terms = bench.world, Terms(batch_size=1)
    recited = System.named("esd-x").erase(
        world, terms, ["A Square"], [Image.new("RGB", (64, 64), "red")], source="images"
    )
    return Plan(
        [
            *(
                System.named(name).draw(world, terms, ["cat"], PROMPTS)
                for name in ("unedited", "esd-u", "negative")
            ),
            System.named("esd-x").draw(world, terms, ["A Square"], PROMPTS, recited),
        ]
    )


def files(folder: Path) -> dict[str, bytes]:
    """Everything but what it cost."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.mark.parametrize("name", list(EXPERIMENTS))
def test_a_plan_is_written_and_read_back_with_the_same_keys(bench: Bench, name: str) -> None:
    plan = bench.plan(name, **(CANVAS if name == "canvas" else {"quick": True}))
    again = Plan.from_json(plan.to_json())
    assert list(again) == list(plan)
    assert list(again.keys) == list(plan.keys)


def test_a_plan_of_other_keys_is_refused() -> None:
    line = Plan([Draw("base", "unedited", PROMPTS)]).to_json()
    with pytest.raises(CheckpointError, match="make the plan again"):
        Plan.from_json(line.replace("dog", "cat"))
    for damaged in (line[:40], line.replace('"draw"', '"paint"'), line.replace("model", "mod")):
        with pytest.raises(CheckpointError, match="cannot be read"):
            Plan.from_json(damaged)


def test_equal_items_are_one_and_what_an_item_needs_goes_before_it(bench: Bench) -> None:
    world, terms = bench.world, Terms()
    draws = [
        system.draw(world, terms, ["cat"], PROMPTS)
        for system in map(System.named, ("unedited", "esd-x", "filter", "unedited", "esd-x"))
    ]
    plan = Plan(draws)
    assert [type(item) for item in plan] == [Draw, Erase, Draw]
    assert plan.pictures == 2 * len(PROMPTS)
    # The unedited model draws the same whatever is erased elsewhere.
    assert System.named("unedited").draw(world, terms, ["dog"], PROMPTS) == draws[0]
    # And every artist's pictures by it are drawn once, however many artists are erased.
    artists = bench.plan("artists", seeds=1, prompts=2, systems=("esd-x", "negative"))
    unedited = [draw for draw in artists.draws if draw.system == "unedited"]
    assert len(unedited) == len(world.artists)


def test_a_key_tells_apart_whatever_decides_the_result() -> None:
    config, other = EraseConfig(method="esd-u"), EraseConfig(method="esd-x")
    erase = Erase("base", "esd-u", ("cat",), config)
    red, blue = (Picture.of(Image.new("RGB", (2, 2), colour)) for colour in ("red", "blue"))
    draw = Draw("base", "esd-u", PROMPTS, ("cat",), erase)
    different: list[Item] = [
        erase,
        replace(erase, model="other"),
        replace(erase, phrases=("dog",)),
        replace(erase, config=other),
        replace(erase, images=(red,)),
        replace(erase, images=(blue,)),
        draw,
        replace(draw, model="other"),
        replace(draw, prompts=PromptSet.cross(["cat", "dog"], [1])),
        replace(draw, phrases=("dog",)),
        replace(draw, erasure=replace(erase, config=other)),
        replace(draw, erasure=replace(erase, images=(red,))),
        replace(draw, batch_size=2),
        replace(draw, system="negative", erasure=None),
    ]
    assert len({item.key for item in different}) == len(different)


def test_what_the_first_version_made_is_found_by_its_name() -> None:
    def digest(facts: Any) -> str:
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]

    for name, first in (("esd-x", "esd-x"), ("esd-selfattn", "selfattn")):
        config = EraseConfig(method=name, contexts=("a house {}",))
        settings = {
            "method": first, "eta": 1.0, "steps": 1000, "lr": 1e-5, "decay": 0.0, "batch": 1,
            "seed": 0, "source": "edited", "sampler": "ddim", "sampler_steps": 50,
            "sampling_guidance": 3.0, "rollouts": 1, "rollout_seed": 0, "reuse": 1,
            "precision": "fp32", "lora_rank": 0, "contexts": ["a house {}"], "preserve": [],
            "preserve_weight": 1.0,
        }  # fmt: skip
        erase = Erase("base", first, ("two cats", "dog"), config)
        facts = ["base", settings, ["two cats", "dog"]]
        assert erase.key == f"two-cats-dog-{first}-{digest(facts)}"
        draw = Draw("base", first, PROMPTS, erase.phrases, erase)
        drawn = [first, ["two cats", "dog"], ["cat", "dog"], [0, 0], settings]
        assert draw.key == f"two-cats-dog-{first}-{digest(['base', drawn])}"
    plain = ["unedited", "", ["cat", "dog"], [0, 0]]
    assert Draw("base", "unedited", PROMPTS).key == f"unedited-{digest(['base', plain])}"


def test_what_was_made_under_the_models_sha256_is_taken_over(bench: Bench, tmp_path: Path) -> None:
    plan, earlier = some(bench), bench.elsewhere(tmp_path).cache
    models = {bench.model.fingerprint: bench.model}
    run(plan, models, earlier)
    before = files(tmp_path)
    sha256 = bench.model.identity.sha256  # type: ignore[attr-defined]
    for item in plan.erasures:
        for path in list((tmp_path / "erased").glob(f"{item.key}.*")):
            path.rename(path.with_stem(replace(item, model=sha256).key))
    for draw in plan.draws:
        folder = tmp_path / "pictures"
        (folder / draw.key).rename(folder / replace(draw, model=sha256).key)
    lines: list[Progress] = []
    run(plan, models, earlier, lines.append)
    assert files(tmp_path) == before
    assert not [done for done in lines if done.what.startswith("erasing")]
    assert all(done.before == done.total for done in lines)


def test_items_come_to_the_same_bytes_in_whatever_order_they_are_made(
    bench: Bench, tmp_path: Path, one_thread: None
) -> None:
    plan = some(bench)
    assert (len(plan.erasures), len(plan.draws)) == (2, 4)
    here, there = bench.elsewhere(tmp_path / "here"), bench.elsewhere(tmp_path / "there")
    run(plan, {bench.model.fingerprint: bench.model}, here.cache)
    # As another process would: from the written plan, backwards.
    for item in [*reversed(plan.erasures), *reversed(Plan.from_json(plan.to_json()).draws)]:
        make(item, bench.model, there.cache)
    assert files(tmp_path / "here") == files(tmp_path / "there")
    assert len(files(tmp_path / "here")) == 2 + plan.pictures + len(plan.draws)


def test_a_plan_that_is_stopped_anywhere_goes_on_and_ends_the_same(
    bench: Bench, tmp_path: Path, one_thread: None
) -> None:
    plan, models = some(bench), {bench.model.fingerprint: bench.model}
    run(plan, models, bench.elsewhere(tmp_path / "whole").cache)
    cache = bench.elsewhere(tmp_path / "stopped").cache
    seen: list[tuple[str, float]] = []

    def interrupt(done: Progress) -> None:
        if (done.what, done.done) not in seen:
            seen.append((done.what, done.done))
            raise KeyboardInterrupt

    for _ in range(50):
        try:
            results = run(plan, models, cache, interrupt)
            break
        except (Stopped, KeyboardInterrupt):
            pass
    assert len(seen) > len(plan.draws)
    assert files(tmp_path / "stopped") == files(tmp_path / "whole")
    assert [one.system for one in results.ledger] == ["esd-u", "esd-x"]


def test_what_a_stopped_erasure_took_counts(bench: Bench, tmp_path: Path) -> None:
    cache = bench.elsewhere(tmp_path).cache
    erase = System.named("esd-x").erase(bench.world, Terms(settings={"steps": 2}), ["cat"])

    def interrupt(done: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Stopped):
        make(erase, bench.model, cache, interrupt)
    assert cache.spent(erase) > 0
    cache.keep_spent(erase, 1000.0)
    make(erase, bench.model, cache)
    cost = cache.cost(erase)
    assert cost is not None
    assert cost.seconds > 1000
    assert sorted(path.suffix for path in (tmp_path / "erased").iterdir()) == [
        ".json", ".safetensors",
    ]  # fmt: skip


def test_a_model_that_is_not_loaded_is_missed_before_anything_is_made(
    bench: Bench, tmp_path: Path
) -> None:
    plan = Plan(Draw(model, "unedited", PROMPTS) for model in (bench.model.fingerprint, "f" * 64))
    with pytest.raises(OptionError, match="needs the model ffffffffffff"):
        run(plan, {bench.model.fingerprint: bench.model}, bench.elsewhere(tmp_path).cache)
    assert not list(tmp_path.iterdir())


def test_results_are_of_the_plan_alone(bench: Bench) -> None:
    results = run(Plan(), {}, bench.cache)
    with pytest.raises(KeyError, match="not in the plan"):
        results[Draw(bench.model.fingerprint, "unedited", PROMPTS)]


def test_a_ledger_is_read_back_as_it_was_written(bench: Bench) -> None:
    erase = System.named("esd-u-3").erase(bench.world, Terms(), ["a cat, a dog", "fish"])
    results = run(Plan([erase]), {bench.model.fingerprint: bench.model}, bench.cache)
    settings = json.loads(json.dumps({ledger.LEDGER: [one.record() for one in results.ledger]}))
    (read,) = ledger.read(settings)
    assert (read.concepts, read.system) == (("a cat, a dog", "fish"), "esd-u-3")
    assert read.is_of(("a cat, a dog", "fish"))
    # A comma in a phrase does not make two concepts of one.
    assert not read.is_of(("a cat", "a dog", "fish"))
    assert (read.config["method"], read.config["parameters"]) == ("esd", "u")
    with pytest.raises(CheckpointError, match="run the experiment again"):
        ledger.read({ledger.LEDGER: [{"system": "esd-u"}]})


@pytest.mark.parametrize("name", ["artists", "explicit", "objects", "memorised", "strength"])
def test_the_ledger_of_an_older_result_is_read(name: str) -> None:
    settings = json.loads((RESULTS / name / "result.json").read_text())["settings"]
    erasures = ledger.read(settings)
    assert len(erasures) == len(settings["seconds"]) > 0
    for erasure, (line, seconds) in zip(erasures, settings["seconds"].items(), strict=True):
        assert line == f"{erasure.concepts[0]} by {erasure.system}"
        assert erasure.seconds == seconds
        assert erasure.is_of(tuple(erasure.concepts[0].split(", ")))
