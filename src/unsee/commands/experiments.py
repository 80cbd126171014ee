"""`unsee bench artists | explicit | objects | ...`: the paper's experiments, a folder each.

Common        what every experiment takes
Classified    and what those take that ask a classifier
check_sizes   refuses what makes no experiment
check_emoji   refuses what the embedded model would not read
conduct       load, run, save, say where the result lies
"""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from unsee.commands import console
from unsee.commands.options import FromRecipe, Optional
from unsee.errors import MissingExtra, OptionError
from unsee.prompts import DRAWN_AT_ONCE

if TYPE_CHECKING:
    from unsee.benchmarks.outcome import Outcome
    from unsee.benchmarks.workbench import Workbench
    from unsee.benchmarks.worlds.asked import Asked

RESULTS = Path("benchmarks/results")
SETTINGS = ("steps", "lr", "batch")
SIZES = ("prompts", "seeds", "other_seeds", "own_prompts", "count", "general_count", "counts")
"""Options that say how large an experiment is."""


@dataclass(frozen=True)
class Common:
    """What every experiment takes."""

    model: str = "emoji"
    """emoji, a folder in the diffusers format, a .safetensors file, or a hub id."""
    quick: bool = False
    """A few pictures and short erasures, to see that all works: its numbers mean little."""
    seed: int = 0
    """Seed of the erasures."""
    steps: FromRecipe[int] = None
    """Gradient steps of each erasure."""
    lr: FromRecipe[float] = None
    """Learning rate of each erasure."""
    batch: FromRecipe[int] = None
    """Latents in one gradient step."""
    out: Optional[Path] = None
    """The folder of the result; without it, benchmarks/results and the experiment's name."""
    work: Path = Path("out/bench")
    """The folder of erasures and pictures: what is there is not made again. Safe to delete."""
    batch_size: int = DRAWN_AT_ONCE
    """Pictures drawn at once; lower it where memory is short."""
    device: Optional[str] = None
    """Where to compute; without it, the GPU where there is one."""


@dataclass(frozen=True)
class Classified(Common):
    """What the experiments take that ask a classifier."""

    classifier: Optional[str] = None
    """Hub id or folder of an image classifier, for models other than emoji; without it, a
    ResNet-50 of ImageNet."""


Run = Callable[["Workbench", "Asked"], "Outcome"]


def check_sizes(options: Common) -> None:
    """Refuse numbers that make no experiment."""
    for name in (*SIZES, "batch_size"):
        value = getattr(options, name, None)
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, int) and value < 1:
            raise OptionError(f"{flag} must be at least 1, not {value}")
    for field in fields(options):
        flag = f"--{field.name.replace('_', '-')}"
        value = getattr(options, field.name)
        # Files of prompts are no sizes.
        sized = field.name in SIZES and not isinstance(value, Path)
        if options.quick and sized and value != field.default:
            raise OptionError(f"--quick has a {flag} of its own; leave out one of both")


def check_emoji(options: Common) -> None:
    """Refuse what `emoji` would not read: it has prompts and evaluators of its own."""
    for name in ("prompts", "general", "real", "classifier", "clip"):
        given = getattr(options, name, None)
        if given is not None and not isinstance(given, int):
            raise OptionError(
                f"--{name} is for models other than emoji, which has prompts and judges of its own"
            )


def conduct(options: Common, name: str, run: Run) -> None:
    """Load, run, save, and say where the result lies."""
    import unsee
    from unsee.benchmarks.report import write_report
    from unsee.benchmarks.workbench import Workbench
    from unsee.benchmarks.worlds import asked
    from unsee.benchmarks.worlds.evaluators import EmojiSubject, Subject
    from unsee.emoji.evaluators import load_judge
    from unsee.emoji.model import has_shape_of
    from unsee.running.files import check_output

    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtra("figures", "metrics")
    out = options.out or RESULTS / name
    check_sizes(options)
    check_output(out / "result.json", overwrite=True)
    if options.model == "emoji":
        # Before minutes of loading other things.
        check_emoji(options)
    model = unsee.load(options.model, device=options.device)
    censored: str | None = getattr(options, "censored_model", None)
    other = None if censored is None else unsee.load(censored, device=options.device)
    is_emoji = has_shape_of(model.latent_shape())
    subject: Subject
    if is_emoji:
        check_emoji(options)
        subject = EmojiSubject(load_judge())
    else:
        from unsee.benchmarks.worlds.stable_diffusion import StableSubject
        from unsee.metrics.align import CLIP
        from unsee.metrics.classify import RESNET

        classifier, clip = (getattr(options, name, None) for name in ("classifier", "clip"))
        subject = StableSubject(classifier or RESNET, clip or CLIP, model.device)
    given = {name: getattr(options, name) for name in SETTINGS}
    settings = {name: value for name, value in given.items() if value is not None}
    if options.quick:
        settings.setdefault("steps", 60)
    with console.measuring() as report:
        bench = Workbench(
            model,
            subject,
            options.work,
            other,
            settings,
            options.seed,
            options.batch_size,
            lambda what, done, total: report(done, round(total), what),
            censored_seconds=None if censored is None else _training_seconds(Path(censored)),
        )
        family = asked.EMOJI if is_emoji else asked.STABLE
        outcome = run(bench, family.few() if options.quick else family)
    outcome.settings |= {"seed": options.seed, "quick": options.quick, **settings, **bench.record()}
    outcome.settings["options"] = _given(options)
    outcome.save(out)
    bench.prompts().write_csv(out / "prompts.csv", overwrite=True)
    page = write_report(out)
    console.say(outcome.table)
    for claim in outcome.claims:
        verdict = "holds" if claim.holds else "does not hold"
        console.say(f"{verdict}: {claim.text} ({claim.numbers})")
    console.say(f"the report is {page}")


def _given(options: Common) -> dict[str, object]:
    """The options that decide the result; of files only their names."""
    given = {}
    for field in fields(options):
        value = getattr(options, field.name)
        if value is not None and field.name not in ("out", "work"):
            if isinstance(value, (Path, str)) and Path(value).exists():
                value = Path(value).name
            given[field.name] = [str(one) for one in value] if isinstance(value, tuple) else value
    return given


def _training_seconds(folder: Path) -> float | None:
    """What `unsee emoji train-censored` wrote beside its model; nothing for other models."""
    about = folder / "training.json"
    try:
        return float(json.loads(about.read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
