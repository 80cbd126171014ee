"""An erasure in progress: the student, its optimiser and the latents in stock.

Training   `advance` makes one gradient step; `save` and `load` keep all of it in a file, and
           `student` lets others look at how far it is

One denoiser is in memory. It is the student only while the student is asked (student.py); for
every other call it is the teacher.
The file of a state is safetensors, with the numbers that are no tensors as JSON in its header:
whoever goes on from it makes the same steps, bit for bit, as if nothing had happened.
"""

import contextlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from unsee.denoisers.base import Denoiser
from unsee.erasing.adam import Optimizer, optimizer
from unsee.erasing.config import EraseConfig
from unsee.erasing.latents import Sample, edited, noised
from unsee.erasing.lessons import Lesson, Lessons
from unsee.erasing.methods.registry import as_written_now
from unsee.erasing.objective import erase_loss, erase_target, per_row
from unsee.erasing.replay import rollouts
from unsee.erasing.stock import Stock
from unsee.erasing.student import student
from unsee.errors import CheckpointError, NonFiniteLoss, option
from unsee.running.files import writing
from unsee.weights.erased import identity_of

_KEY = "unsee-state"


class Training:
    """An erasure between two gradient steps."""

    def __init__(
        self,
        model: Denoiser,
        lessons: Sequence[Lesson],
        config: EraseConfig,
        cache: Path | None = None,
        pictures: Sequence[Tensor] = (),
    ) -> None:
        """Prepare; with source `images`, `pictures` holds latents for each concept."""
        self.step = 0
        """Gradient steps made."""
        self._model = model
        self._config = config
        self._cache = cache
        self._pictures = pictures
        self.lessons = Lessons.encode(model, lessons)
        self.learner = student(model, config)
        self.optimizer: Optimizer = optimizer(self.learner.parameters, config.seed)
        self._generator = torch.Generator().manual_seed(config.seed)
        self._trajectories = 0
        self.stock = Stock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the model as it was found."""
        self.learner.close()
        self.optimizer.close()

    def advance(self) -> float:
        """Make one gradient step; returns the loss before it."""
        sample, lessons = self.sample(), self.lessons
        eta = per_row(lessons.eta[sample.lesson], sample.x_t)
        target = erase_target(sample.eps_c, sample.eps_null, sample.eps_start, eta)
        # The caller may have switched gradients off.
        with self.learner.active(), torch.enable_grad():
            prediction = self._model.predict(sample.x_t, sample.t, lessons.prompts(sample.lesson))
            loss = erase_loss(prediction, target, lessons.weight[sample.lesson])
            value = float(loss.detach())
            # Before it reaches a weight.
            if not math.isfinite(value):
                raise self._diverged("the loss")
            if not self.optimizer.descend(loss, self._config.rate(self.step)):
                raise self._diverged("a gradient")
        self.step += 1
        return value

    def student(self) -> contextlib.AbstractContextManager[None]:
        """Make the model the student inside the block, as it is between two steps."""
        return self.learner.active()

    def result(self) -> dict[str, Tensor]:
        """Return the student's parameters, on the CPU.

        Weights are in the model's own precision, in which they will be applied; factors in fp32.
        """
        parameters = self.learner.parameters
        learned = {name: value.detach().cpu() for name, value in parameters.items()}
        if not self._config.lora_rank:
            learned = {name: value.to(self._model.dtype) for name, value in learned.items()}
        if not all(bool(value.isfinite().all()) for value in learned.values()):
            raise self._diverged("a weight")
        return learned

    def save(self, path: Path, recipe: str) -> None:
        """Keep the state in a file, under the recipe (as JSON) that it is a state of."""
        tensors = {
            f"student/{name}": value.detach() for name, value in self.learner.parameters.items()
        }
        for name, value in self.optimizer.state().items():
            tensors[f"adam/{name}"] = value
        for name, column in self.stock.tensors().items():
            tensors[f"stock/{name}"] = column
        tensors["generator"] = self._generator.get_state()
        numbers = {"recipe": recipe, "step": self.step, "trajectories": self._trajectories}
        with writing(path, overwrite=True) as temporary:
            save_file(
                {name: value.contiguous().cpu() for name, value in tensors.items()},
                temporary,
                metadata={_KEY: json.dumps(numbers)},
            )

    def load(self, path: Path, recipe: str) -> None:
        """Go on from what `save` kept; a CheckpointError if it is the state of another run."""
        try:
            with safe_open(path, framework="pt") as file:
                numbers = json.loads((file.metadata() or {})[_KEY])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            theirs, ours = json.loads(numbers["recipe"]), json.loads(recipe)
            if theirs["format"] == 1:
                ours["base_fingerprints"] = list(identity_of(self._model).sha256s)
            difference = _difference(_facts(theirs), _facts(ours))
            if difference is None:
                self._restore(numbers, tensors)
                return
        # Tensors that lack or have other shapes are KeyErrors and RuntimeErrors.
        except (SafetensorError, OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
            raise CheckpointError(
                f"{path} is no saved state, or a damaged one; delete it to start anew"
            ) from error
        raise CheckpointError(
            f"{path} is the state of another run ({difference}); "
            "delete it, or repeat that run's settings"
        )

    def _restore(self, numbers: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        groups: dict[str, dict[str, Tensor]] = {"student": {}, "adam": {}, "stock": {}}
        for name, value in tensors.items():
            group, _, rest = name.partition("/")
            groups.get(group, {})[rest] = value
        with torch.no_grad():
            for name, parameter in self.learner.parameters.items():
                parameter.copy_(groups["student"][name])
        self.optimizer.load(groups["adam"])
        self.stock.load(groups["stock"], self._model.device)
        self._generator.set_state(tensors["generator"])
        self.step = numbers["step"]
        self._trajectories = numbers["trajectories"]

    def sample(self) -> Sample:
        """Return the latents of the next step, and the original model's predictions there."""
        config = self._config
        if config.source == "edited":
            lesson = self._next_lessons(config.batch)
            swap = self.learner.active
            return edited(self._model, swap, self.lessons, lesson, config, self._generator)
        if config.source == "images":
            lesson = self._next_lessons(config.batch)
            pictures = self._pictures
            return noised(self._model, self.lessons, lesson, pictures, config, self._generator)
        while len(self.stock) < config.batch:
            self._replenish()
        return self.stock.take(config.batch)

    def _replenish(self) -> None:
        """Sample a round of trajectories, or as many as the steps that are left can use."""
        config = self._config
        missing = (config.steps - self.step) * config.batch - len(self.stock)
        enough = math.ceil(missing / (config.sampler_steps * config.reuse))
        first = self._trajectories
        lesson = self._next_lessons(min(config.rollouts, enough))
        fresh = rollouts(self._model, self.lessons, lesson, config, first, self._cache)
        self.stock.add(fresh, config.reuse, self._generator)

    def _next_lessons(self, trajectories: int) -> Tensor:
        first, self._trajectories = self._trajectories, self._trajectories + trajectories
        numbers = torch.arange(first, self._trajectories, device=self._model.device)
        return self.lessons.of_trajectories(numbers)

    def _diverged(self, what: str) -> NonFiniteLoss:
        config = self._config
        return NonFiniteLoss(
            f"{what} is no longer a finite number at step {self.step + 1}; "
            f"lower {option('lr')} (it is {config.lr:g}) or {option('eta')} (it is {config.eta:g})"
        )


def _facts(provenance: dict[str, Any]) -> dict[str, Any]:
    """What decides the steps, as every version of the header says it."""
    # Not how the header is written; nor its method, which the settings name too.
    skipped = ("format", "method", "digest")
    facts = {name: value for name, value in provenance.items() if name not in skipped}
    return {**facts, "config": as_written_now(provenance["config"])}


def _difference(theirs: dict[str, Any], ours: dict[str, Any]) -> str | None:
    """Name the first setting in which two recipes differ."""
    was, now = _flat(theirs), _flat(ours)
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) != now.get(name):
            return f"{name} was {was.get(name)!r}, not {now.get(name)!r}"
    return None


def _flat(record: dict[str, Any] | list[Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    pairs = record.items() if isinstance(record, dict) else enumerate(record, start=1)
    for name, value in pairs:
        if isinstance(value, (dict, list)):
            flat |= _flat(value, f"{prefix}{name} ")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
