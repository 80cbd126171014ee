"""`unsee show`: the header of an erased file, in words."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from unsee.commands import console
from unsee.commands.options import load_erased


@dataclass(frozen=True)
class ShowOptions:
    """What `unsee show` takes."""

    file: Positional[Path]
    """An erased file."""


def show(options: ShowOptions) -> None:
    """Say what an erased file holds and how it was made."""

    erased = load_erased(options.file)
    recipe = erased.provenance
    synonyms = [repr(phrase) for concept in recipe.concepts for phrase in concept.synonyms]
    names = recipe.title + (f", asked for as {', '.join(synonyms)} too" if synonyms else "")
    numbers = sum(tensor.numel() for tensor in erased.tensors.values())
    settings = ", ".join(f"{name} {value}" for name, value in recipe.config.items())
    versions = ", ".join(f"{name} {version}" for name, version in recipe.versions.items())
    for title, text in {
        "erased": names,
        "base model": recipe.base,
        "its weights": f"fingerprint {recipe.base_fingerprints[0]}",
        "method": recipe.summary,
        "settings": settings,
        "changes": f"{len(erased.tensors)} tensors, {numbers:,} numbers",
        "made with": versions,
        "this file": f"sha256 {erased.sha256}",
    }.items():
        console.say(f"{title:<12} {text}")
