"""`unsee emoji ...`: measure the embedded model, or make it again from its sources."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from unsee.commands import console
from unsee.commands.options import Optional


@dataclass(frozen=True)
class CheckOptions:
    """What `unsee emoji check` takes."""

    seeds: int = 8
    """Seeds per prompt; the bar is defined with 8, fewer are faster and less sure."""
    out: Optional[Path] = None
    """Keep the numbers in this file too, as JSON."""
    overwrite: bool = False
    """Replace the file where it exists."""


def check(options: CheckOptions) -> None:
    """Measure the embedded model and its judge against their quality bar."""
    import unsee
    from unsee.benchmarks.canvas.emoji_check import check as measure
    from unsee.emoji.evaluators import load_judge
    from unsee.running.files import check_output, writing

    if options.out is not None:
        check_output(options.out, overwrite=options.overwrite)
    model = unsee.load("emoji")
    with console.drawing() as report:
        bars = measure(model, load_judge(), options.seeds, report)
    if options.out is not None:
        about = {"model": model.fingerprint, "seeds": options.seeds, **asdict(model.defaults)}
        record = {**about, "bars": [{**asdict(bar), "met": bar.met} for bar in bars]}
        with writing(options.out, overwrite=options.overwrite) as temporary:
            temporary.write_text(json.dumps(record, indent=1) + "\n")
    for bar in bars:
        line = f"{bar.what:<52}{bar.value:7.4f}"
        # Some numbers are there to be seen only.
        if bar.asked:
            side = "at most" if bar.at_most else "at least"
            line += f"  {'met' if bar.met else 'MISSED':<7}{side} {bar.asked:.2f}"
        console.say(line)
    missed = sum(not bar.met for bar in bars)
    console.say(f"{missed} missed" if missed else "every bar is met")


@dataclass(frozen=True)
class TrainOptions:
    """What `unsee emoji train` takes."""

    run: Path = Path("runs/emoji")
    """The folder of checkpoints, logs and sample sheets; a run found there goes on."""
    seed: int = 0
    """Seed of everything random."""
    publish_only: bool = False
    """Train nothing; make the shipped weights of what the run holds now."""
    from_shipped: bool = False
    """Begin a new run where the shipped weights ended, instead of from nothing."""


def train(options: TrainOptions) -> None:
    """Train the embedded model and its judge from the atlas: resumable, takes hours."""
    from unsee.emoji import recipe
    from unsee.emoji.unpack import unpack

    if options.from_shipped:
        unpack(options.run)
    config = recipe.TrainConfig(run=options.run, seed=options.seed)
    if options.publish_only:
        weights = recipe.publish(config)
    else:
        with console.watching() as watch:
            weights = recipe.train(config, watch)
    console.say(f"the weights are in {weights}; `unsee emoji check` measures them")


@dataclass(frozen=True)
class TrainCensoredOptions:
    """What `unsee emoji train-censored` takes."""

    run: Path = Path("runs/censored")
    """The folder of checkpoints, logs and sample sheets; a run found there goes on."""
    seed: int = 0
    """Seed of everything random."""
    steps: Optional[int] = None
    """Gradient steps; without it, as many as the embedded model was trained for."""


def train_censored(options: TrainCensoredOptions) -> None:
    """Train the embedded model without any picture of the badge, as SD 2.0 was: takes hours."""
    from unsee.emoji.censored import CensoredConfig
    from unsee.emoji.censored import train_censored as train_without
    from unsee.errors import OptionError

    config = CensoredConfig(run=options.run, seed=options.seed)
    if options.steps is not None:
        if options.steps < 1:
            raise OptionError(f"--steps must be at least 1, not {options.steps}")
        config = replace(config, denoiser=replace(config.denoiser, steps=options.steps))
    with console.watching() as watch:
        model = train_without(config, watch)
    console.say(f"the model is in {model}; `unsee bench explicit --censored-model {model}` asks it")


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
