"""Erase several concepts with several seeds, measure each, keep a table.

CanvasConfig   which concepts, which seeds, which settings
run            resumable: what rows.jsonl holds already is not done again
"""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from unsee.benchmarks.canvas.canvas import (
    Answers,
    Canvas,
    Retention,
    Target,
    beside,
    look,
    real_features,
    retention,
    untrained,
)
from unsee.benchmarks.canvas.table import MEASURES
from unsee.denoisers.base import Denoiser
from unsee.emoji.evaluators import Judge
from unsee.erasing.config import EraseConfig
from unsee.erasing.erase import EraseStep, erase
from unsee.erasing.methods.registry import as_written_now
from unsee.errors import CheckpointError, OptionError
from unsee.metrics.frechet import frechet_distance
from unsee.running.files import check_output, writing
from unsee.running.peak_memory import PeakMemory
from unsee.running.progress import Progress
from unsee.weights.erased import ErasedWeights

METHOD_FOR = {"artist": "esd-x", "object": "esd-u"}
"""The paper's choice: cross-attention for what a prompt names, the rest for object classes."""

RECIPE_FOR = {"artist": "emoji-style", "object": "emoji-object"}

ERASING = 0.4
"""How much of the time of a row is the erasure, about; the rest is drawing."""


@dataclass(frozen=True)
class CanvasConfig:
    """What to erase, how often, and how."""

    targets: tuple[Target, ...]
    train_seeds: tuple[int, ...] = (0, 1)
    recipe: str | None = None
    """Without it, the one for the kind of concept."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings in place of the recipe's."""
    preserve: bool = False
    """Whether each erasure is told prompts of other concepts to preserve."""

    def of(self, target: Target, seed: int) -> EraseConfig:
        """The settings of one erasure."""
        chosen = {
            "method": METHOD_FOR[target.kind],
            **self.settings,
            "seed": seed,
            "rollout_seed": seed,
        }
        if self.preserve:
            chosen["preserve"] = beside(target)
        return EraseConfig.from_recipe(self.recipe or RECIPE_FOR[target.kind], **chosen)


@dataclass(frozen=True)
class Watch:
    """What is told of the progress; each may be None."""

    row: Callable[[str], None] | None = None
    """A line for each row that has been measured."""
    progress: Callable[[float, int, str], None] | None = None
    """Rows done, with the part of the one at work; how many there are; what is being done."""


def run(
    model: Denoiser, judge: Judge, config: CanvasConfig, out: Path, watch: Watch | None = None
) -> list[dict[str, Any]]:
    """Fill `out`/rows.jsonl; returns the rows of this configuration."""
    if not (config.targets and config.train_seeds):
        raise OptionError("nothing to erase; give --targets or --objects, and --train-seeds")
    path = out / "rows.jsonl"
    check_output(path, overwrite=True)
    kept = _rows(path)
    done = {_key(row): row for row in kept}
    measuring = _Measuring(model, judge, watch or Watch(), len(config.targets), config.train_seeds)
    rows: list[dict[str, Any]] = []
    for target in config.targets:
        for seed in config.train_seeds:
            settings = config.of(target, seed)
            key = {"target": target.name, "model": model.fingerprint, "config": asdict(settings)}
            row = done.get(_key(key))
            if row is None:
                row = {**key, "kind": target.kind, **measuring.row(len(rows), target, settings)}
                kept.append(row)
                with writing(path, overwrite=True) as temporary:
                    temporary.write_text("".join(json.dumps(kept_row) + "\n" for kept_row in kept))
            rows.append(row)
    return rows


def _rows(path: Path) -> list[dict[str, Any]]:
    """Read the rows of earlier runs; a CheckpointError if the file is something else."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        rows = [json.loads(line) for line in lines]
        for row in rows:
            row["config"] = as_written_now(row["config"])
            _key(row)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{path} cannot be read ({error}); move it away to measure anew"
        ) from error
    return rows


class _Measuring:
    """Erases and measures; draws the unedited model's pictures once, when they are first needed."""

    def __init__(
        self, model: Denoiser, judge: Judge, watch: Watch, targets: int, seeds: tuple[int, ...]
    ) -> None:
        self.model, self.judge, self.watch = model, judge, watch
        self.rows = targets * len(seeds)
        self.whole = Canvas.whole()
        self.unedited: dict[Target | None, Answers] = {}
        self.drawings: Tensor | None = None

    def row(self, number: int, target: Target, settings: EraseConfig) -> dict[str, Any]:
        what = f"{target.kind} {target.name!r}, {settings.name}, seed {settings.seed}"
        own = Canvas.of(target)
        for of, canvas in ((None, self.whole), (target, own)):
            if of not in self.unedited:
                self.unedited[of] = self._look(canvas, "drawing with the unedited model", number, 0)
        began = time.monotonic()

        def tell(done: EraseStep) -> None:
            self._tell(number + ERASING * done.step / done.steps, f"erasing {what}")

        with PeakMemory(self.model.device) as peak:
            erased = erase(self.model, target.phrase, settings, progress=tell)
        seconds = time.monotonic() - began
        with erased.applied(self.model):
            answers = self._look(self.whole, f"drawing without {what}", number, 1 - ERASING)
            own_answers = self._look(own, f"drawing without {what}", number + 1, 0)
        other, asked = (untrained(canvas, target, settings) for canvas in (self.whole, own))
        after = _measure(target, self.whole[other], answers[other], own[asked], own_answers[asked])
        unedited, own_unedited = self.unedited[None], self.unedited[target]
        before = _measure(
            target, self.whole[other], unedited[other], own[asked], own_unedited[asked]
        )
        if self.watch.row:
            shown = ", ".join(f"{name.upper()} {getattr(after, name)}" for name in MEASURES[:3])
            self.watch.row(f"{what}: {shown}, {seconds:.0f} s")
        kept = other & ~self.whole.shows(target)
        real = self._real()[kept]
        return {
            "seconds": round(seconds, 1),
            "memory": peak.bytes,
            "size": _size(erased),
            "fid": round(frechet_distance(answers.features[kept], real), 3),
            "unedited_fid": round(frechet_distance(unedited.features[kept], real), 3),
            "after": _counts(after),
            "unedited": _counts(before),
        }

    def _real(self) -> Tensor:
        """The judge's features of the drawings that the whole canvas asks for."""
        if self.drawings is None:
            self.drawings = real_features(self.whole, self.judge)
        return self.drawings

    def _look(self, canvas: Canvas, what: str, number: int, part: float) -> Answers:
        def tell(done: Progress) -> None:
            begin = number + ERASING if part else number
            self._tell(begin + part * done.done / done.total, what)

        return look(self.model, canvas, self.judge, tell)

    def _tell(self, done: float, what: str) -> None:
        if self.watch.progress:
            self.watch.progress(done, self.rows, what)


def _measure(
    target: Target, whole: Canvas, answers: Answers, own: Canvas, own_answers: Answers
) -> Retention:
    """The kept pairs are judged on the whole canvas; the target on its own, larger one too."""
    kept, asked = retention(whole, answers, target), retention(own, own_answers, target)
    return Retention(kept.ua + asked.ua, kept.ira, kept.cra, kept.content + asked.content)


def _counts(measured: Retention) -> dict[str, list[int]]:
    rates = {name: getattr(measured, name) for name in MEASURES}
    return {name: [rate.hits, rate.trials] for name, rate in rates.items()}


def _size(erased: ErasedWeights) -> int:
    """Bytes of its file."""
    with tempfile.TemporaryDirectory() as folder:
        return erased.save(Path(folder) / "erased.safetensors").stat().st_size


def _key(row: dict[str, Any]) -> str:
    return json.dumps([row["target"], row["model"], row["config"]], sort_keys=True)
