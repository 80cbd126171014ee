"""Model cards: every word and number on them is in the file or in a result."""

import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from cards import html, outcome, section, text_of, with_recipe, words
from huggingface_hub import ModelCard

import unsee
from unsee.benchmarks.outcome import Outcome
from unsee.card.folder import write_card
from unsee.card.markdown import code, plain, table
from unsee.card.measured import Measured, measured
from unsee.card.text import Extras
from unsee.errors import CheckpointError, OptionError
from unsee.weights.erased import ErasedWeights

RESULTS = Path(__file__).parents[2] / "benchmarks/results"
AWKWARD = (
    "cat",
    "a|b || c",
    "`tick` and ``two``",
    "<b>bold</b> & <script>alert(1)</script>",
    "*a* _b_ [c](d) ![e](f) ~~g~~ $x$",
    "# not a heading",
    "1. not a list",
    "- nor this",
    "back\\slash \\| and \\`",
    "https://example.org and a@b.org :smile:",
    "two\nlines",
    "日本語 'quotes' \"double\"",
)


def test_the_folder_holds_the_file_as_it_is_and_a_card_that_names_it(cat: Path, here: Path):
    files = write_card(cat, here / "card")
    assert files.paths == ("README.md", "cat.safetensors")
    assert (here / "card/cat.safetensors").read_bytes() == cat.read_bytes()
    text = text_of(here / "card")
    recipe = ErasedWeights.load(cat).provenance
    assert hashlib.sha256(cat.read_bytes()).hexdigest() in text
    assert recipe.base_fingerprints[0] in text
    assert all(f"| `{name}` |" in text for name in recipe.config)
    assert all(f"`{version}`" in text for version in recipe.versions.values())
    assert str(cat.parent) not in text
    assert str(here) not in text


def test_the_hub_reads_its_lines(cat: Path, here: Path):
    for base, repository, licence in (
        ("CompVis/stable-diffusion-v1-4", "CompVis/stable-diffusion-v1-4", "creativeml-openrail-m"),
        (
            "stabilityai/stable-diffusion-xl-base-1.0/sd_xl_base_1.0.safetensors",
            "stabilityai/stable-diffusion-xl-base-1.0",
            "openrail++",
        ),
        ("owner/unknown", "owner/unknown", None),
        ("tiny", None, None),
        ("emoji", None, None),
    ):
        path = with_recipe(cat, here / "other.safetensors", base=base)
        write_card(path, here / "card", overwrite=True)
        data = ModelCard.load(here / "card/README.md").data
        assert (data.base_model, data.license) == (repository, licence)
        assert data.library_name == "unsee"
        assert {"esd-x", "concept-erasure"} <= set(data.tags or ())
        path.unlink()


def test_a_licence_and_a_base_that_are_told_are_taken(cat: Path, here: Path):
    extras = Extras(licence="mit", base_model="owner/name")
    write_card(cat, here / "card", extras)
    data = ModelCard.load(here / "card/README.md").data
    assert (data.base_model, data.license) == ("owner/name", "mit")
    assert 'unsee.load("owner/name")' in text_of(here / "card")
    assert "--model owner/name" in text_of(here / "card")
    for wrong in (
        Extras(licence="My own!"),
        Extras(base_model="owner"),
        Extras(base_model="a/b/c"),
    ):
        with pytest.raises(OptionError, match="takes"):
            write_card(cat, here / "wrong", wrong)
    assert not (here / "wrong").exists()


@pytest.mark.parametrize("phrase", AWKWARD)
def test_a_phrase_reads_as_it_was_typed(phrase: str, cat: Path, here: Path):
    seen = " ".join(phrase.split())
    assert words(html(plain(phrase))) == seen
    assert words(html(f"## {plain(phrase)}")) == seen
    assert words(html(code(phrase))) == seen
    rows = html(table(["a", "b"], [[plain(phrase), "x"], [code(phrase), "y"]]))
    assert rows.count("<td>") == 4
    assert re.findall(r"<td>([xy])</td>", rows) == ["x", "y"]

    concepts = (unsee.Concept(phrase, synonyms=(f"{phrase} too",)),)
    path = with_recipe(cat, here / "odd.safetensors", concepts=concepts)
    write_card(path, here / "card")
    body = text_of(here / "card").split("---\n", 2)[2]
    rendered = html(body)
    assert f"{seen}, erased from tiny" in words(rendered)
    assert "<script>" not in rendered
    assert "<li>nor" not in rendered


def test_without_results_there_is_no_number_among_the_results(cat: Path, here: Path):
    write_card(cat, here / "card")
    assert not re.search(r"\d", section(text_of(here / "card"), "Results"))


@pytest.mark.parametrize("name", ["objects", "memorised", "paraphrase", "strength"])
def test_every_number_is_one_of_the_result(name: str, cat: Path, here: Path):
    base = Outcome.read(RESULTS / name).settings["model fingerprint"]
    path = with_recipe(cat, here / "other.safetensors", base="emoji", base_fingerprints=(base,))
    results = measured(RESULTS / name, ErasedWeights.load(path).provenance)
    write_card(path, here / "card", Extras(measured=results))
    shown = section(text_of(here / "card"), "Results")
    source = (RESULTS / name / "result.json").read_text(encoding="utf-8")
    numbers = re.findall(r"\d+\.\d+", shown)
    assert len(numbers) > 5
    assert all(number in source for number in numbers)
    for row in Outcome.read(RESULTS / name).rows:
        assert f"| {' | '.join(row)} |" in shown
    if (RESULTS / name / "figure.png").exists():
        picture = (here / "card/images/result-0.png").read_bytes()
        assert picture == (RESULTS / name / "figure.png").read_bytes()


def test_a_result_says_whether_it_is_of_this_concept(cat: Path, here: Path):
    outcome("tiny").save(here / "results")
    recipe = ErasedWeights.load(cat).provenance
    (other,) = measured(here / "results", recipe)
    assert "**other erasures**" in other.text
    assert "**does not hold**" in other.text
    config = {**recipe.config, "parameters": "u"}
    dog = replace(recipe, concepts=(unsee.Concept("dog"),), config=config)
    (untold,) = measured(here / "results", dog)
    assert (untold.own, other.own) == (False, False)
    assert "does not say with how many steps" in untold.text
    assert "(steps 321)" in untold.text
    for changes in (
        {"config": {**config, "eta": 3.0}},
        {"config": recipe.config},
        {"concepts": (unsee.Concept("dog", synonyms=("hound",)),)},
    ):
        (other,) = measured(here / "results", replace(dog, **changes))
        assert "**other erasures**" in other.text


def test_a_result_is_of_a_file_only_where_all_settings_but_the_seeds_agree(cat: Path, here: Path):
    recipe = ErasedWeights.load(cat).provenance
    config = {**recipe.config, "parameters": "u", "steps": 12, "lr": 1e-3}
    dog = replace(recipe, concepts=(unsee.Concept("dog"),), config=config)
    seconds = {"seconds": {"dog by esd-u": 1.0}}
    fingerprint = {"model fingerprint": recipe.base_fingerprints[0]}

    def found(**settings: object) -> Measured:
        place = here / "results" / "one"
        # By its hash it is the same base, whatever it was called.
        name = "elsewhere" if "model fingerprint" in settings else "tiny"
        outcome(name, settings={**seconds, **settings}).save(place)
        (one,) = measured(place, dog)
        return one

    own = found(erasures={"esd-u": {**config, "seed": 9, "rollout_seed": 8}}, **fingerprint)
    assert own.own
    assert "with the settings of this file" in own.text
    assert found(steps=12, lr=1e-3).own
    for settings, told in (
        ({"erasures": {"esd-u": {**config, "steps": 500}}}, "`steps` `500` there, `12` here"),
        ({"erasures": {"esd-u": {**config, "preserve": []}}}, "`preserve` `[]` there"),
        ({"erasures": {"esd-x": config}}, "does not say with how many steps"),
        ({"steps": 12, "lr": 5e-5}, "`lr` `5e-05` there, `0.001` here"),
        ({"steps": 12}, "does not say with how many steps"),
    ):
        one = found(**settings)
        assert not one.own
        assert told in one.text
        path = with_recipe(cat, here / "dog.safetensors", concepts=dog.concepts, config=config)
        # esd-u has other tensors, but a card looks at none.
        write_card(path, here / "card", Extras(measured=[one]), overwrite=True)
        results = section(text_of(here / "card"), "Results")
        assert results.lstrip().startswith("<details><summary>Objects erased (one; this concept, ")
        path.unlink()
    outcome("tiny", settings={"model fingerprint": "xxh3:0"}).save(here / "results" / "other")
    with pytest.raises(OptionError, match="no result"):
        measured(here / "results" / "other", dog)


def test_results_and_files_of_different_versions_are_said_to_be_so(cat: Path, here: Path):
    new = ErasedWeights.load(cat).provenance
    old = replace(new, base_fingerprints=("0" * 64,))
    for file, fingerprint in ((new, "0" * 64), (old, new.base_fingerprints[0])):
        outcome("tiny", settings={"model fingerprint": fingerprint}).save(here / "results")
        with pytest.raises(OptionError, match="different versions of unsee, .*; erase or measure"):
            measured(here / "results", file)


def test_a_quick_result_says_so(cat: Path, here: Path):
    outcome("tiny", settings={"quick": True}).save(here / "quick")
    (one,) = measured(here / "quick", ErasedWeights.load(cat).provenance)
    assert "numbers mean little" in one.text


def test_results_of_other_bases_are_left_out(cat: Path, here: Path):
    outcome("/home/somebody/models/tiny").save(here / "results/ours")
    outcome("emoji", title="Of another").save(here / "results/theirs")
    recipe = ErasedWeights.load(cat).provenance
    (one,) = measured(here / "results", recipe)
    assert one.name == "ours"
    assert "somebody" not in one.text
    settings = {"seconds": {"cat by esd-x": 1.0}, "erasures": {"esd-x": recipe.config}}
    outcome("tiny", title="<i>A</i> title", settings=settings).save(here / "results/zebra")
    found = measured(here / "results", recipe)
    assert [one.name for one in found] == ["zebra", "ours"]
    write_card(cat, here / "card", Extras(measured=found))
    results = html(section(text_of(here / "card"), "Results"))
    assert "<h3>&lt;i&gt;A&lt;/i&gt; title</h3>" in results
    assert "<summary>Objects erased (ours; other erasures from the same base)</summary>" in results
    shutil.rmtree(here / "results/zebra")
    with pytest.raises(OptionError, match="no result in .* was measured on 'tiny'"):
        measured(here / "results/theirs", recipe)
    with pytest.raises(CheckpointError, match="holds no results"):
        measured(here / "nowhere", recipe)
    (here / "results/ours/result.json").write_text("{}")
    with pytest.raises(CheckpointError, match="no result that can be read"):
        measured(here / "results", recipe)


def test_of_a_canvas_only_the_rows_of_this_very_erasure_are_taken(cat: Path, here: Path):
    line = (RESULTS / "canvas-styles-preserve/rows.jsonl").read_text().splitlines()[0]
    row = json.loads(line)
    phrase = f"in the style of {row['target']}"
    recipe = replace(
        ErasedWeights.load(cat).provenance,
        base="emoji",
        base_fingerprints=(row["model"],),
        config=row["config"],
        concepts=(unsee.Concept(phrase),),
    )
    (one,) = measured(RESULTS / "canvas-styles-preserve", recipe)
    hits, trials = row["after"]["ua"]
    assert f"| {row['target']} | {100 * hits / trials:.1f} |" in one.text
    # The head, the rule below it and one row.
    assert one.text.count("\n| ") == 3
    for changes in (
        {"config": {**row["config"], "seed": 17}},
        {"base_fingerprints": ("xxh3:0",)},
        {"concepts": (unsee.Concept("in the style of noto"),)},
        {"concepts": (unsee.Concept(phrase, synonyms=("x",)),)},
    ):
        with pytest.raises(OptionError, match="no result"):
            measured(RESULTS / "canvas-styles-preserve", replace(recipe, **changes))
