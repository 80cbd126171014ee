"""Model cards: what they claim is in the file or in a result, and what they tell to type runs."""

import hashlib
import json
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt
from PIL import Image, PngImagePlugin

import unsee
from unsee.benchmarks.outcome import Claim, Outcome
from unsee.card import Extras, card_files, check_card, measured, write_card
from unsee.card.markdown import code, plain, table
from unsee.cli import WRONG_INPUT, main, parse, resolve
from unsee.errors import CardError, CheckpointError, ErasedFileError, OptionError, OutputError
from unsee.weights import ErasedWeights

RESULTS = Path(__file__).parent.parent / "benchmarks/results"
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


@pytest.fixture(scope="module")
def cat(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An erased file of the tiny model, which lies in a folder of that name."""
    config = unsee.EraseConfig(steps=1, sampler_steps=2, source="original", preserve=("dog",))
    erased = unsee.erase(unsee.load(tiny_folder, device="cpu"), "cat", config)
    return erased.save(tmp_path_factory.mktemp("erased") / "cat.safetensors")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*argv: object) -> int:
    return main([str(word) for word in argv])


def with_recipe(cat: Path, path: Path, **changes: object) -> Path:
    """The same tensors under another recipe."""
    erased = ErasedWeights.load(cat)
    recipe = replace(erased.recipe, **changes)  # type: ignore[arg-type]
    return replace(erased, recipe=recipe).save(path)


def text_of(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def html(markdown: str) -> str:
    rendered: str = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    return rendered


def words(rendered: str) -> str:
    """What a reader sees."""
    seen = re.sub(r"<[^>]+>", "", rendered)
    for entity, mark in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        seen = seen.replace(entity, mark)
    return " ".join(seen.split())


def outcome(model: str, **changes: object) -> Outcome:
    """A result with numbers that are nowhere else."""
    made = Outcome(
        experiment="objects",
        title="Objects erased",
        section="5.3",
        model=model,
        settings={"seconds": {"dog by esd-u": 12.5}, "quick": False, "steps": 321},
        facts={"objects": "a classifier"},
        header=["class", "left, %", "paper"],
        rows=[["dog", "17.31 (3.02-41.77)", "9.6"], ["**average**", "17.31", ""]],
        numbers=[{"class": "dog", "own": [9, 52]}],
        claims=[Claim("it is gone", False, "17.31 %")],
        notes=["Nothing else."],
    )
    return replace(made, **changes)  # type: ignore[arg-type]


# What a card says


def test_the_folder_holds_the_file_as_it_is_and_a_card_that_names_it(cat: Path, here: Path):
    files = write_card(cat, here / "card")
    assert files.paths == ("README.md", "cat.safetensors")
    assert (here / "card/cat.safetensors").read_bytes() == cat.read_bytes()
    text = text_of(here / "card")
    recipe = ErasedWeights.load(cat).recipe
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
    path = with_recipe(cat, here / "other.safetensors", base="emoji")
    results = measured(RESULTS / name, ErasedWeights.load(path).recipe)
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
    recipe = ErasedWeights.load(cat).recipe
    (other,) = measured(here / "results", recipe)
    assert "**other erasures**" in other.text
    assert "**does not hold**" in other.text
    config = {**recipe.config, "method": "esd-u"}
    dog = replace(recipe, concepts=(unsee.Concept("dog"),), config=config)
    (own,) = measured(here / "results", dog)
    assert "was among those" in own.text
    assert "(steps 321)" in own.text
    for changes in (
        {"config": {**config, "eta": 3.0}},
        {"config": recipe.config},
        {"concepts": (unsee.Concept("dog", synonyms=("hound",)),)},
    ):
        (other,) = measured(here / "results", replace(dog, **changes))
        assert "**other erasures**" in other.text


def test_a_quick_result_says_so(cat: Path, here: Path):
    outcome("tiny", settings={"quick": True}).save(here / "quick")
    (one,) = measured(here / "quick", ErasedWeights.load(cat).recipe)
    assert "numbers mean little" in one.text


def test_results_of_other_bases_are_left_out(cat: Path, here: Path):
    outcome("/home/somebody/models/tiny").save(here / "results/ours")
    outcome("emoji", title="Of another").save(here / "results/theirs")
    recipe = ErasedWeights.load(cat).recipe
    (one,) = measured(here / "results", recipe)
    assert one.name == "ours"
    assert "somebody" not in one.text
    outcome("tiny", title="<i>A</i> title", settings={"seconds": {"cat by esd-x": 1.0}}).save(
        here / "results/zebra"
    )
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
        ErasedWeights.load(cat).recipe,
        base="emoji",
        base_fingerprints=(row["model"],),
        config=row["config"],
        concepts=(unsee.Concept(phrase),),
    )
    (one,) = measured(RESULTS / "canvas-styles-preserve", recipe)
    hits, trials = row["after"]["ua"]
    assert f"| {row['target']} | {100 * hits / trials:.1f} |" in one.text
    assert one.text.count("\n| ") == 2
    for changes in (
        {"config": {**row["config"], "seed": 17}},
        {"base_fingerprints": ("0" * 64,)},
        {"concepts": (unsee.Concept("in the style of noto"),)},
        {"concepts": (unsee.Concept(phrase, synonyms=("x",)),)},
    ):
        with pytest.raises(OptionError, match="no result"):
            measured(RESULTS / "canvas-styles-preserve", replace(recipe, **changes))


# What a card tells to type


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_its_lines_run_as_they_stand(
    cat: Path, here: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    prompt = 'a "cat"\nand `it`'
    write_card(cat, here / "card", Extras(prompt=prompt, repository="owner/cat"))
    shutil.copytree(tiny_folder, here / "card/tiny")
    monkeypatch.chdir(here / "card")
    text = text_of(here / "card")
    ours, theirs = blocks(text, "python")
    exec(compile(ours, "README.md", "exec"), {})
    model = unsee.load(tiny_folder)
    with ErasedWeights.load(cat).applied(model):
        expected = model.generate(prompt, seed=0)
    assert (np.asarray(Image.open("after.png")) == np.asarray(expected)).all()
    Path("after.png").unlink()
    exec(compile(theirs, "README.md", "exec"), {})
    assert Path("after.png").exists()
    lines = [line for one in blocks(text, "console") for line in one.splitlines()]
    assert lines[0] == "hf download owner/cat cat.safetensors --local-dir ."
    for line in lines[1:]:
        command, *rest = shlex.split(line)
        assert command == "unsee"
        assert run(*rest) == 0
    assert (here / "card/erased/model_index.json").exists()
    assert (here / "card/compare.png").exists()


def test_on_emoji_its_lines_need_no_other_file(here: Path, monkeypatch: pytest.MonkeyPatch):
    config = unsee.EraseConfig.from_recipe("emoji", steps=1, rollouts=1, sampler_steps=2)
    erased = unsee.erase(unsee.load("emoji"), "church", config)
    write_card(erased.save(here / "church.safetensors"), here / "card")
    monkeypatch.chdir(here / "card")
    for snippet in blocks(text_of(here / "card"), "python"):
        exec(compile(snippet, "README.md", "exec"), {})
        Path("after.png").unlink()
    assert "--model" not in section(text_of(here / "card"), "Use")


def test_a_base_that_is_a_single_file_has_no_lines_for_diffusers(cat: Path, here: Path):
    path = with_recipe(cat, here / "other.safetensors", base="model.safetensors")
    write_card(path, here / "card")
    assert len(blocks(text_of(here / "card"), "python")) == 1
    assert "--to checkpoint" in text_of(here / "card")


# Pictures


def test_the_sheet_is_that_of_compare(cat: Path, here: Path, tiny_folder: Path):
    flags = ["--prompts", "cat", "dog", "--seeds", 0, 3, "--model", tiny_folder, "--steps", 2]
    assert run("card", cat, *flags) == 0
    assert run("compare", cat, *flags) == 0
    shown = np.asarray(Image.open(here / "cat-card/images/before-after.png").convert("RGB"))
    drawn = np.asarray(Image.open(here / "compare.png").convert("RGB"))
    # Below the headings, which name the file in one and not in the other.
    height = min(len(shown), len(drawn)) - 60
    assert (shown[-height:] == drawn[-height:]).all()
    text = text_of(here / "cat-card")
    assert "](images/before-after.png)" in text
    assert "2 steps" in text
    assert "`dog`, seed 3" in text
    assert "`cat`, seed 0" in text


def test_without_prompts_it_draws_what_was_erased_and_what_was_preserved(
    cat: Path, here: Path, tiny_folder: Path
):
    assert run("card", cat, "--model", tiny_folder, "--steps", 2) == 0
    assert "From above: `cat`, seed 0; `dog`, seed 0." in text_of(here / "cat-card")


def test_no_images_needs_no_model(cat: Path, here: Path, capsys: pytest.CaptureFixture[str]):
    assert run("card", cat, "--no-images", "--out", "card") == 0
    assert card_files(Path("card")).paths == ("README.md", "cat.safetensors")
    offered = shlex.split(capsys.readouterr().out.splitlines()[-1].partition("then: ")[2])
    assert offered == ["unsee", "push", "card", "--repo", "OWNER/NAME"]


def test_a_sheet_that_is_there_is_shown_without_what_else_its_file_holds(cat: Path, here: Path):
    about = PngImagePlugin.PngInfo()
    about.add_text("path", "/home/somebody")
    Image.new("RGB", (30, 20), "red").save(here / "sheet.png", pnginfo=about)
    assert run("card", cat, "--sheet", "sheet.png") == 0
    shown = here / "cat-card/images/before-after.png"
    assert b"somebody" not in shown.read_bytes()
    with Image.open(shown) as picture:
        assert picture.size == (30, 20)


def test_the_commands_of_its_page_parse():
    page = (Path(__file__).parent.parent / "docs/card.md").read_text(encoding="utf-8")
    lines = [line for one in blocks(page, "console") for line in one.splitlines()]
    assert len(lines) == 2
    for line in lines:
        words, command, rest = resolve(shlex.split(line)[1:])
        assert command is not None
        parse(command, shlex.join(words), rest)


# What is refused


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--no-images", "--prompts", "cat"], "--no-images shows none"),
        (["--no-images", "--sheet", "x.png"], "--no-images shows none"),
        (["--sheet", "x.png", "--seeds", "1"], "--sheet is shown as it is"),
        (["--sheet", "none.png"], "none.png is no picture"),
        (["--repo", "name"], "--repo takes OWNER/NAME"),
        (["--base-model", "a//b"], "--base-model takes OWNER/NAME"),
        (["--license", "Mine alone"], "--license takes a name"),
        (["--results", "nowhere"], "holds no results"),
        ([], "which unsee does not find by that name; say where it lies with --model"),
    ],
)
def test_options_that_make_no_sense(
    cat: Path, here: Path, flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
):
    assert run("card", cat, *flags) == WRONG_INPUT
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert list(here.iterdir()) == []


def _stranger(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")


def _hidden(folder: Path) -> None:
    (folder / "images").mkdir(exist_ok=True)
    (folder / "images/.secret").write_text("mine")


def _link(folder: Path) -> None:
    (folder / "LICENSE").symlink_to("/etc/hostname")


def _linked_folder(folder: Path) -> None:
    (folder / "images").symlink_to("/etc")


def _second(folder: Path) -> None:
    shutil.copy(folder / "cat.safetensors", folder / "dog.safetensors")


def _unseen(folder: Path) -> None:
    (folder / "images").mkdir()
    (folder / "images/private.png").write_bytes(b"")


def _no_card(folder: Path) -> None:
    (folder / "README.md").unlink()


def _no_file(folder: Path) -> None:
    (folder / "cat.safetensors").unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_stranger, "notes.txt is no part of a card"),
        (_hidden, ".secret is no part of a card"),
        (_link, "LICENSE is no part of a card"),
        (_linked_folder, "images is no part of a card"),
        (_second, "holds 2 .safetensors files"),
        (_unseen, "private.png is not on the card"),
        (_no_card, "is no folder of a card"),
        (_no_file, "holds 0 .safetensors files"),
    ],
)
def test_a_folder_with_anything_else_in_it_is_no_card(
    cat: Path, here: Path, spoil: Callable[[Path], None], message: str
):
    write_card(cat, here / "card")
    card_files(here / "card")
    spoil(here / "card")
    with pytest.raises(CardError, match=re.escape(message)):
        card_files(here / "card")


def test_a_card_beside_another_file_is_refused(cat: Path, here: Path):
    write_card(cat, here / "card")
    place = here / "card/cat.safetensors"
    place.unlink()
    with_recipe(cat, place, base="emoji")
    with pytest.raises(CardError, match="is not about the cat.safetensors in it"):
        card_files(here / "card")
    place.write_bytes(cat.read_bytes()[:-8])
    with pytest.raises(ErasedFileError, match="truncated"):
        card_files(here / "card")


def test_only_a_card_is_replaced_and_only_when_told_so(cat: Path, here: Path):
    write_card(cat, here / "card")
    (here / "card/LICENSE.txt").write_text("the licence")
    with pytest.raises(OutputError, match="--overwrite"):
        write_card(cat, here / "card")
    write_card(cat, here / "card", Extras(licence="mit"), overwrite=True)
    assert "license: mit" in text_of(here / "card")
    assert (here / "card/LICENSE.txt").read_text() == "the licence"
    with pytest.raises(CardError, match="would be replaced"):
        write_card(here / "card/cat.safetensors", here / "card", overwrite=True)
    (here / "card/notes.txt").write_text("mine")
    with pytest.raises(CardError, match="notes.txt is no part of a card"):
        write_card(cat, here / "card", overwrite=True)
    (here / "things").mkdir()
    (here / "things/x").write_text("mine")
    with pytest.raises(OutputError, match="other things"):
        check_card(here / "things", overwrite=True)
    assert (here / "card/notes.txt").read_text() == "mine"
    assert sorted(path.name for path in here.iterdir()) == ["card", "things"]


def test_a_name_that_no_shell_likes_is_made_plain(cat: Path, here: Path):
    shutil.copy(cat, here / "my cat (1)")
    assert write_card(here / "my cat (1)", here / "card").weights == "my-cat-1.safetensors"
