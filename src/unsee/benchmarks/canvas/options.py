"""What a run of the canvas is asked for: which concepts, which seeds, which settings.

CanvasOptions   of `unsee bench canvas`
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from unsee.benchmarks.canvas.table import read_rows
from unsee.benchmarks.options import Optional, Run
from unsee.benchmarks.systems import seeded
from unsee.erasing.methods.registry import DEFAULT, configured
from unsee.erasing.options import recipes_own
from unsee.errors import OptionError, option

if TYPE_CHECKING:
    from unsee.benchmarks.canvas.canvas import Target
    from unsee.erasing.methods.base import MethodConfig

METHOD_FOR = {"artist": "esd-x", "object": "esd-u"}
"""The paper's choice: cross-attention for what a prompt names, the rest for object classes."""
RECIPE_FOR = {"artist": "emoji-style", "object": "emoji-object"}
SETTINGS = ("method", "parameters", "eta", "steps", "lr", "contexts", "preserve_weight")
"""The options that override the recipe."""


@dataclass(frozen=True)
class CanvasOptions(Run):
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
    """What erases; without it, esd-x for artists and esd-u for objects."""
    parameters: Annotated[str | None, recipes_own("parameters")] = None
    eta: Annotated[float | None, recipes_own("eta")] = None
    steps: Annotated[int | None, recipes_own("steps")] = None
    lr: Annotated[float | None, recipes_own("lr")] = None
    contexts: Annotated[tuple[str, ...] | None, recipes_own("contexts")] = None
    preserve: bool = False
    """Preserve prompts of other concepts, every third object's; they are not measured."""
    preserve_weight: Annotated[float | None, recipes_own("preserve_weight")] = None
    out: Path = Path("benchmarks/results/canvas")
    """The folder of the result; the rows in its rows.jsonl are not measured again."""
    batch_size: int = 64
    """Pictures drawn at once; lower it where memory is short."""

    def check(self) -> None:
        """Refuse unknown targets, and a lot of none."""
        if not (self.concepts and self.train_seeds):
            raise OptionError(
                f"nothing to erase; give {option('targets')} or {option('objects')}, and "
                f"{option('train_seeds')}"
            )
        read_rows(self.out)
        super().check()

    @cached_property
    def concepts(self) -> "list[Target]":
        """What to erase."""
        from unsee.benchmarks.canvas.canvas import Target, draw_targets

        if self.targets:
            return [Target.named(name) for name in self.targets]
        return draw_targets(self.styles, self.objects)

    def config(self, target: "Target", seed: int) -> "MethodConfig":
        """The settings of one erasure."""
        from unsee.benchmarks.canvas.canvas import beside

        given = {name: getattr(self, name) for name in SETTINGS}
        settings = {
            # A choice of parameters goes before that of the method's usual name.
            "method": METHOD_FOR[target.kind] if self.parameters is None else DEFAULT,
            **{name: value for name, value in given.items() if value is not None},
        }
        if self.preserve:
            settings["preserve"] = beside(target)
        return seeded(configured(self.recipe, RECIPE_FOR[target.kind], settings), seed)
