"""`unsee bench ...`: experiments that end in a table."""

from dataclasses import dataclass
from pathlib import Path

from unsee.commands import console


@dataclass(frozen=True)
class CanvasOptions:
    """What `unsee bench canvas` takes."""

    concepts: tuple[str, ...] = ()
    """Artists and objects to erase, as `unsee list` shows them; without, they are drawn by lot."""
    lots: int = 4
    """How many artists and how many objects are drawn by lot."""
    lot_seed: int = 0
    """Seed of the lot."""
    seeds: tuple[int, ...] = (0, 1)
    """Seeds of the training; each concept is erased once with each."""
    recipe: str = "emoji"
    """The recipe that concepts are erased by."""
    method: str | None = None
    """One method for all; without, esd-x for artists and esd-u for objects."""
    eta: float | None = None
    """In place of the recipe's."""
    steps: int | None = None
    """In place of the recipe's."""
    lr: float | None = None
    """In place of the recipe's."""
    out: Path = Path("out/canvas")
    """The folder of rows.jsonl and canvas.md; rows found there are not measured again."""


def canvas(options: CanvasOptions) -> None:
    """Erase concepts from emoji one by one; measure UA, IRA and CRA of each."""
    from unsee.benchmarks.canvas import Target, draw_targets
    from unsee.benchmarks.canvas_run import CanvasConfig, Watch, run
    from unsee.emoji.evaluators import load_judge
    from unsee.loading import load

    targets = [Target.named(name) for name in options.concepts]
    names = ("method", "eta", "steps", "lr")
    given = {name: getattr(options, name) for name in names}
    config = CanvasConfig(
        tuple(targets or draw_targets(options.lots, options.lots, options.lot_seed)),
        options.seeds,
        options.recipe,
        {name: value for name, value in given.items() if value is not None},
    )
    run(load("emoji"), load_judge(), config, options.out, Watch(row=console.say))
    console.say((options.out / "canvas.md").read_text())
    console.say(f"rows and table are in {options.out}")
