"""`unsee bench ...`: the experiments, each a folder of rows and a table."""

from dataclasses import dataclass
from pathlib import Path

from unsee.commands import console
from unsee.commands.options import FromRecipe, Optional

SETTINGS = ("method", "eta", "steps", "lr", "contexts", "preserve_weight")
"""The options that override the recipe."""


@dataclass(frozen=True)
class CanvasOptions:
    """What `unsee bench canvas` takes."""

    targets: tuple[str, ...] = ()
    """Artists and objects to erase; without them, as many as --styles and --objects by lot."""
    styles: int = 4
    """Artists to draw by lot."""
    objects: int = 4
    """Objects to draw by lot."""
    train_seeds: tuple[int, ...] = (0, 1)
    """Seeds of training: each concept is erased once with each."""
    recipe: Optional[str] = None
    """Settings to start from; without it, emoji-style for artists and emoji-object for objects."""
    method: Optional[str] = None
    """Which weights may change; without it, esd-x for artists and esd-u for objects."""
    eta: FromRecipe[float] = None
    """Strength of the erasure, in the paper's convention."""
    steps: FromRecipe[int] = None
    """Gradient steps."""
    lr: FromRecipe[float] = None
    """Learning rate of Adam."""
    contexts: FromRecipe[tuple[str, ...]] = None
    """Prompts in which it is to be lost as well, {} where it stands; they are not measured."""
    preserve: bool = False
    """Preserve prompts of other concepts, every third object's; they are not measured."""
    preserve_weight: FromRecipe[float] = None
    """What a preserved prompt counts in the loss, against 1 for the concept."""
    out: Path = Path("benchmarks/results/canvas")
    """The folder of the result; the rows in its rows.jsonl are not measured again."""


def canvas(options: CanvasOptions) -> None:
    """Erase artists and objects from emoji; measure what is gone and what is kept."""
    import unsee
    from unsee.benchmarks.canvas.canvas import Target, draw_targets
    from unsee.benchmarks.canvas.outcome import canvas_outcome
    from unsee.benchmarks.canvas.run import CanvasConfig, Watch, run
    from unsee.benchmarks.report import write_report
    from unsee.benchmarks.worlds.evaluators import EmojiSubject
    from unsee.emoji.evaluators import load_judge

    if options.targets:
        targets = [Target.named(name) for name in options.targets]
    else:
        targets = draw_targets(options.styles, options.objects)
    settings = {name: getattr(options, name) for name in SETTINGS}
    config = CanvasConfig(
        targets=tuple(targets),
        train_seeds=options.train_seeds,
        recipe=options.recipe,
        settings={name: value for name, value in settings.items() if value is not None},
        preserve=options.preserve,
    )
    model, judge = unsee.load("emoji"), load_judge()
    with console.measuring() as report:
        watch = Watch(row=console.say, progress=report)
        rows = run(model, judge, config, options.out, watch)
    outcome = canvas_outcome(rows, model.name, EmojiSubject(judge))
    outcome.save(options.out)
    page = write_report(options.out)
    console.say(outcome.table)
    console.say(f"the report is {page}")
