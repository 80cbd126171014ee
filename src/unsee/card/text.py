"""The card, section by section.

Extras    what the erased file does not know of itself
CaptionedSheet     pictures before and after
Weights   the erased file as it lies in the folder
readme    all of it, with the lines that the hub reads
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import rich.filesize
from PIL import Image

from unsee.benchmarks.worlds import world_named
from unsee.card.markdown import code, folded, plain, table
from unsee.card.measured import Measured
from unsee.card.metadata import front, licence_of, repository
from unsee.card.use import use
from unsee.erasing.config import PARAMETERS
from unsee.erasing.methods.registry import as_written_now
from unsee.weights.provenance import Provenance

SHEET = "images/before-after.png"
PAPER = "https://arxiv.org/abs/2303.07345"
ATTACKS = "https://arxiv.org/abs/2308.01508"
"""Circumventing Concept Erasure Methods (Pham et al. 2023)."""


@dataclass(frozen=True)
class CaptionedSheet:
    """Pictures before and after."""

    image: Image.Image
    alternative: str
    """What it shows, for those who do not see it."""
    caption: str
    """How it was made."""


@dataclass(frozen=True)
class Extras:
    """What the erased file does not know of itself."""

    sheet: CaptionedSheet | None = None
    measured: Sequence[Measured] = ()
    prompt: str | None = None
    """What the lines for its use draw; without it, the concept."""
    licence: str | None = None
    """As the hub names it; without it, that of the base, where unsee knows it."""
    base_model: str | None = None
    """Hub id of the base, where the file names a folder."""
    repository: str | None = None
    """OWNER/NAME that the card will be pushed to."""


@dataclass(frozen=True)
class Weights:
    """The erased file as it lies in the folder."""

    name: str
    size: int
    """Bytes."""
    sha256: str
    recipe: Provenance
    tensors: int
    numbers: int
    """In all tensors together."""
    is_lora: bool


def figure(number: int) -> str:
    """Path of the plots of a result in the folder."""
    return f"images/result-{number}.png"


def readme(weights: Weights, extras: Extras) -> str:
    """Write the card.

    Raises:
        OptionError: a licence or a hub id in `extras` is none.
    """
    recipe = weights.recipe
    base = repository(recipe.base, extras.base_model)
    licence = licence_of(base, extras.licence)
    phrases = [concept.phrase for concept in recipe.concepts]
    sections = [
        front(recipe, base, licence),
        f"# {plain(', '.join(phrases))}, erased from {plain(recipe.base)}",
        _summary(weights, base),
        *_sheet(extras.sheet),
        "## Use",
        use(weights.name, recipe.base, base, extras.repository, extras.prompt or phrases[0]),
        "## What was erased, and how",
        _facts(weights, base),
        _settings(recipe),
        "## Results",
        *_results(recipe, extras.measured),
        "## Limits",
        "\n".join(f"- {limit}" for limit in _limits(recipe, bool(extras.measured))),
        "## Licence",
        _licence(recipe.base, licence, chosen=extras.licence is not None),
        "## Citation",
        (
            "The method: Rohit Gandikota, Joanna Materzyńska, Jaden Fiotto-Kaufman and David Bau, "
            f"[*Erasing Concepts from Diffusion Models*]({PAPER}), ICCV 2023."
        ),
    ]
    return "\n\n".join(sections) + "\n"


def _summary(weights: Weights, base: str | None) -> str:
    holds = "low-rank factors that are added to" if weights.is_lora else "new values of"
    return (
        f"{code(weights.name)} holds {holds} the weights of {_base(weights.recipe.base, base)} "
        f"that change when {_concepts(weights.recipe)} is erased, by [ESD]({PAPER}). "
        "It is not a model: it goes onto that one."
    )


def _base(name: str, base: str | None) -> str:
    return code(name) if base is None else f"[{plain(name)}](https://huggingface.co/{base})"


def _concepts(recipe: Provenance) -> str:
    return ", ".join(
        code(one.phrase) + ("" if one.erase_from is None else f" from {code(one.erase_from)}")
        for one in recipe.concepts
    )


def _sheet(sheet: CaptionedSheet | None) -> list[str]:
    return [] if sheet is None else [f"![{plain(sheet.alternative)}]({SHEET})", sheet.caption]


def _facts(weights: Weights, base: str | None) -> str:
    recipe = weights.recipe
    synonyms = [code(phrase) for one in recipe.concepts for phrase in one.synonyms]
    size = f"{weights.tensors} tensors, {weights.numbers:,} numbers"
    rows = [
        ("erased", _concepts(recipe)),
        *([("asked for also as", ", ".join(synonyms))] if synonyms else []),
        ("from the model", _base(recipe.base, base)),
        ("its denoiser", f"weights of fingerprint {code(recipe.base_fingerprints[0])}"),
        ("method", _method(recipe)),
        ("strength", f"η = {recipe.eta:g}, as the paper counts it"),
        ("this file", f"{rich.filesize.decimal(weights.size)}: {size}"),
        ("", f"sha256 {code(weights.sha256)}"),
        ("made with", ", ".join(f"{name} {code(one)}" for name, one in recipe.versions.items())),
    ]
    return table(["", ""], rows)


def _settings(recipe: Provenance) -> str:
    rows = [(code(name), _value(value)) for name, value in recipe.config.items()]
    rows += [("pictures erased", "<br>".join(map(code, recipe.images)))] * bool(recipe.images)
    return folded(
        "All settings",
        table(["setting", "value"], rows),
        "The same settings and seed, with the same versions on the same machine, give the same "
        "file.",
    )


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "<br>".join(code(str(one)) for one in value) or "none"
    return code(str(value))


def _results(recipe: Provenance, results: Sequence[Measured]) -> Iterator[str]:
    if not results:
        yield (
            "No result of a benchmark came with this file: nothing here says how well the concept "
            "is gone, or what else went with it."
        )
    for number, result in enumerate(results):
        parts = [result.text]
        if result.figure is not None:
            parts.append(
                f"![The plots of this result; its table has the numbers]({figure(number)})"
            )
        if result.own:
            yield "\n\n".join([f"### {plain(result.title)}", *parts])
        else:
            yield folded(f"{result.title} ({result.name}; {result.about})", *parts)


def _method(recipe: Provenance) -> str:
    parameters = str(as_written_now(recipe.config).get("parameters"))
    trains = f", which trains {PARAMETERS[parameters]}" if parameters in PARAMETERS else ""
    return code(recipe.method) + trains


def _limits(recipe: Provenance, has_numbers: bool) -> Iterator[str]:
    yield (
        "**A name is erased, not a capability.** The model draws something else for these words; "
        "what it knows besides is still in its weights. Paraphrases, misspellings, other "
        "languages, and prompts that evoke the concept without naming it may bring it back"
        + (
            ": only cross-attention was trained, where the prompt enters."
            if str(as_written_now(recipe.config).get("parameters")).startswith("x")
            else "."
        )
    )
    yield (
        "**It is not proof against whoever has the weights.** Training, learnt tokens and prompts "
        f"found by gradients bring erased concepts back ([Pham et al. 2023]({ATTACKS})); and the "
        "model without this file is what it was."
    )
    yield (
        "**Neighbours suffer.** The closer another concept is, the more of it goes. Look at those "
        "that matter to you before you rely on this file."
    )
    yield (
        "**What the numbers mean.** "
        + (
            "They are of the prompts, seeds and sampler of their experiment, and of what its "
            "classifiers recognise, which are wrong at times. Where a table gives a range, it is "
            "the 95 % interval. They say nothing of other prompts, nor of attacks."
            if has_numbers
            else "There are none on this card, and pictures of a few seeds are not a measurement."
        )
    )
    world = world_named(recipe.base)
    if world is not None and world.caution:
        yield world.caution


def _licence(base: str, licence: str | None, *, chosen: bool) -> str:
    if licence is not None:
        return f"{code(licence)}." if chosen else f"{code(licence)}, as {code(base)} has it."
    world = world_named(base)
    if world is not None and world.licence:
        return world.licence
    return f"That of {code(base)}, from which these weights derive; its name is not known here."
