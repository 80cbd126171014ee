"""A row of the canvas: one erasure, what is drawn to measure it, and what the judge says.

Drawn     a canvas, and who draws it
Row       one erasure, and the pictures that it is measured by
rows_of   every concept with every seed
Reading   rows -> numbers
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from unsee.benchmarks.canvas.canvas import (
    Answers,
    Canvas,
    Retention,
    Target,
    answers,
    real_features,
    retention,
    untrained,
)
from unsee.benchmarks.canvas.table import MEASURES, row_key
from unsee.benchmarks.items import Draw, Erase, Item
from unsee.benchmarks.runner import Results
from unsee.benchmarks.systems import UNEDITED
from unsee.benchmarks.worlds.emoji import Emoji
from unsee.emoji.evaluators import load_judge
from unsee.errors import OptionError, option
from unsee.metrics.frechet import frechet_distance
from unsee.prompts import PromptSet

if TYPE_CHECKING:
    from unsee.benchmarks.canvas.options import CanvasOptions
    from unsee.benchmarks.worlds.world import World


@dataclass(frozen=True)
class Drawn:
    """A canvas, and who draws it."""

    canvas: Canvas
    draw: Draw


@dataclass(frozen=True)
class Row:
    """One erasure, and the pictures that it is measured by."""

    target: Target
    erasure: Erase
    whole: Drawn
    """Every object by every artist, without the target."""
    own: Drawn
    """The target alone, more of it."""
    whole_before: Drawn
    """The same by the unedited model."""
    own_before: Drawn

    @property
    def items(self) -> list[Item]:
        """All that has to be made."""
        drawn = (self.whole_before, self.own_before, self.whole, self.own)
        return [one.draw for one in drawn]

    @property
    def head(self) -> dict[str, Any]:
        """What tells it from other rows."""
        erasure = self.erasure
        config = asdict(erasure.config)
        return {"target": self.target.name, "model": erasure.model, "config": config}

    @property
    def key(self) -> str:
        """The same as a string."""
        return row_key(self.head)


def rows_of(world: "World", options: "CanvasOptions") -> list[Row]:
    """Every concept with every seed.

    Raises:
        OptionError: the world is not that of the canvas.
    """
    if not isinstance(world, Emoji):
        raise OptionError(
            f"the canvas is of emoji; {option('model')} takes emoji, or a folder made from it"
        )
    size, model = options.batch_size, world.fingerprint

    def drawn(canvas: Canvas, erasure: Erase | None = None) -> Drawn:
        pairs = zip(canvas.prompts, canvas.seeds.tolist(), strict=True)
        prompts = PromptSet.numbered((prompt, seed, "") for prompt, seed in pairs)
        system = UNEDITED if erasure is None else erasure.system
        phrases = () if erasure is None else erasure.phrases
        return Drawn(canvas, Draw(model, system, prompts, phrases, erasure, batch_size=size))

    whole, found = Canvas.whole(), []
    for target in options.concepts:
        own = Canvas.of(target)
        for seed in options.train_seeds:
            config = options.config(target, seed)
            erasure = Erase(model, config.name, (target.phrase,), config)
            found.append(
                Row(
                    target,
                    erasure,
                    drawn(whole, erasure),
                    drawn(own, erasure),
                    drawn(whole),
                    drawn(own),
                )
            )
    return found


class Reading:
    """What the judge says; of the unedited model's pictures, and of real drawings, only once."""

    def __init__(self, results: Results) -> None:
        self.results, self.judge = results, load_judge()
        self.unedited: dict[str, Answers] = {}
        self.drawings: Tensor | None = None

    def measure(self, row: Row) -> dict[str, Any]:
        """Measure one erasure, against the unedited model on the same prompts."""
        target, config, cost = row.target, row.erasure.config, self.results.cost(row.erasure)
        whole, own = row.whole.canvas, row.own.canvas
        other, asked = (untrained(canvas, target, config) for canvas in (whole, own))
        after, after_own = self._answers(row.whole), self._answers(row.own)
        before, before_own = self._before(row.whole_before), self._before(row.own_before)
        kept = other & ~whole.shows(target)
        if self.drawings is None:
            self.drawings = real_features(whole, self.judge)
        real = self.drawings[kept]
        counts = [
            _counts(_measure(target, whole[other], of_whole[other], own[asked], of_own[asked]))
            for of_whole, of_own in ((after, after_own), (before, before_own))
        ]
        return {
            **row.head,
            "kind": target.kind,
            "seconds": cost.seconds,
            "memory": cost.memory,
            "size": cost.size,
            "fid": round(frechet_distance(after.features[kept], real), 3),
            "unedited_fid": round(frechet_distance(before.features[kept], real), 3),
            "after": counts[0],
            "unedited": counts[1],
        }

    def _answers(self, drawn: Drawn) -> Answers:
        return answers(self.results[drawn.draw], self.judge)

    def _before(self, drawn: Drawn) -> Answers:
        key = drawn.draw.key
        if key not in self.unedited:
            self.unedited[key] = self._answers(drawn)
        return self.unedited[key]


def _measure(
    target: Target, whole: Canvas, answers: Answers, own: Canvas, own_answers: Answers
) -> Retention:
    """The kept pairs are judged on the whole canvas; the target on its own, larger one too."""
    kept, asked = retention(whole, answers, target), retention(own, own_answers, target)
    return Retention(kept.ua + asked.ua, kept.ira, kept.cra, kept.content + asked.content)


def _counts(measured: Retention) -> dict[str, list[int]]:
    rates = {name: getattr(measured, name) for name in MEASURES}
    return {name: [rate.hits, rate.trials] for name, rate in rates.items()}
