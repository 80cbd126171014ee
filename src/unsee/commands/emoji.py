"""`unsee emoji ...`: measure the embedded model, or make it again from its sources."""

from dataclasses import dataclass
from pathlib import Path

from unsee.commands import console


@dataclass(frozen=True)
class CheckOptions:
    """What `unsee emoji check` takes."""


def check(options: CheckOptions) -> None:
    """Measure the embedded model and its evaluators against their quality bar."""


@dataclass(frozen=True)
class TrainOptions:
    """What `unsee emoji train` takes."""


def train(options: TrainOptions) -> None:
    """Train the embedded model and its evaluators from the atlas; resumable, takes hours."""


@dataclass(frozen=True)
class BuildAtlasOptions:
    """What `unsee emoji build-atlas` takes."""

    out: Path = Path("atlas")
    """The folder to write the sheets and atlas.json to."""
    cache: Path = Path("npm-cache")
    """Where the downloaded npm packages are kept between runs."""


def build_atlas(options: BuildAtlasOptions) -> None:
    """Draw the atlas of training pictures again from its npm packages (needs npm)."""
    from unsee.emoji.sources import build_atlas as build

    build(options.out, options.cache)
    console.say(f"the atlas is in {options.out}")
