"""Cards and what is read of them.

run          a command line of unsee -> its exit status
with_recipe  an erased file -> the same tensors under another recipe
outcome      a result of an experiment
text_of      the folder of a card -> the card
section      a card, a heading -> what stands below it
blocks       Markdown, a language -> the code in that language
html         Markdown -> what a browser shows
words        HTML -> what a reader sees
"""

import re
from dataclasses import replace
from pathlib import Path

from markdown_it import MarkdownIt

from unsee.benchmarks.outcome import Claim, Outcome
from unsee.cli import main
from unsee.weights.erased import ErasedWeights


def run(*argv: object) -> int:
    return main([str(word) for word in argv])


def with_recipe(cat: Path, path: Path, **changes: object) -> Path:
    """The same tensors under another recipe."""
    erased = ErasedWeights.load(cat)
    recipe = replace(erased.provenance, **changes)  # type: ignore[arg-type]
    return replace(erased, provenance=recipe).save(path)


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


def text_of(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def html(markdown: str) -> str:
    rendered: str = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    return rendered


def words(rendered: str) -> str:
    """What a reader sees."""
    seen = re.sub(r"<[^>]+>", "", rendered)
    for entity, mark in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        seen = seen.replace(entity, mark)
    return " ".join(seen.split())
