"""`unsee bench artists | explicit | objects | ...`: the paper's experiments, a folder each.

Common        what every experiment takes
check_sizes   refuses what makes no experiment
conduct       load, run, save, say where the result lies
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from unsee.commands import console
from unsee.commands.options import FromRecipe, Optional
from unsee.errors import OptionError

if TYPE_CHECKING:
    from unsee.benchmarks.asked import Asked
    from unsee.benchmarks.outcome import Outcome
    from unsee.benchmarks.workbench import Workbench

RESULTS = Path("benchmarks/results")
SETTINGS = ("steps", "lr", "batch")


@dataclass(frozen=True)
class Common:
    """What every experiment takes."""

    model: str = "emoji"
    """emoji, a folder in the diffusers format, a .safetensors file, or a hub id."""
    censored_model: Optional[str] = None
    """A model that was trained without the explicit concept: the system `censored`."""
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
    batch_size: int = 64
    """Pictures drawn at once; lower it where memory is short."""
    classifier: str = "microsoft/resnet-50"
    """Hub id or folder of an image classifier, for models other than emoji."""
    clip: str = "openai/clip-vit-large-patch14"
    """Hub id or folder of a CLIP, for models other than emoji."""
    device: Optional[str] = None
    """Where to compute; without it, the GPU where there is one."""


Run = Callable[["Workbench", "Asked"], "Outcome"]


def check_sizes(options: Common) -> None:
    """Refuse numbers that make no experiment, and on emoji the files that it would not read."""
    for name in ("seeds", "other_seeds", "prompts", "count", "general_count", "batch_size"):
        value = getattr(options, name, None)
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, int) and value < 1:
            raise OptionError(f"{flag} must be at least 1, not {value}")
    for name in ("prompts", "general", "real"):
        if options.model == "emoji" and isinstance(getattr(options, name, None), Path):
            raise OptionError(
                f"--{name} is for models other than emoji, which asks prompts of its own"
            )


def conduct(options: Common, name: str, run: Run) -> None:
    """Load, run, save, and say where the result lies."""
    import unsee
    from unsee.benchmarks import asked
    from unsee.benchmarks.subjects import EmojiSubject, Subject
    from unsee.benchmarks.workbench import Workbench
    from unsee.emoji.evaluators import load_judge
    from unsee.files import check_output
    from unsee.report import write_report

    out = options.out or RESULTS / name
    check_sizes(options)
    check_output(out / "result.json", overwrite=True)
    model = unsee.load(options.model, device=options.device)
    censored = options.censored_model
    other = None if censored is None else unsee.load(censored, device=options.device)
    is_emoji = options.model == "emoji"
    subject: Subject
    if is_emoji:
        subject = EmojiSubject(load_judge())
    else:
        from unsee.benchmarks.stable import StableSubject

        subject = StableSubject(options.classifier, options.clip, model.device)
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
        outcome = run(bench, asked.EMOJI if is_emoji else asked.STABLE)
    outcome.settings |= {"seed": options.seed, "quick": options.quick, **settings}
    outcome.save(out)
    page = write_report(out)
    console.say(outcome.table)
    for claim in outcome.claims:
        verdict = "holds" if claim.holds else "does not hold"
        console.say(f"{verdict}: {claim.text} ({claim.numbers})")
    console.say(f"the report is {page}")


def _training_seconds(folder: Path) -> float | None:
    """What `unsee emoji train-censored` wrote beside its model; nothing for other models."""
    about = folder / "training.json"
    return float(json.loads(about.read_text())["seconds"]) if about.exists() else None
