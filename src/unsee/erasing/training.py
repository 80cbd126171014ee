"""An erasure in progress: the student, its optimiser and the latents in stock.

Training   `advance` makes one gradient step; `save` and `load` keep all of it in a file, and
           `student` lets others look at how far it is

One denoiser is in memory. It is the student only while the student is asked (students.py); for
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

from unsee.concepts import Concept
from unsee.denoisers.base import Denoiser
from unsee.erasing.adam import optimizer
from unsee.erasing.config import EraseConfig
from unsee.erasing.latents import Lessons, RolloutSample, edited, noised
from unsee.erasing.methods.registry import as_written_now
from unsee.erasing.objective import erase_loss, erase_target
from unsee.erasing.replay import rollouts
from unsee.erasing.student import student, values
from unsee.errors import CheckpointError, NonFiniteLoss
from unsee.running.files import writing

_KEY = "unsee-state"


class Training:
    """An erasure between two gradient steps."""

    def __init__(
        self,
        model: Denoiser,
        concepts: Sequence[Concept],
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
        self._lessons = Lessons.encode(model, concepts, config)
        self._student = student(model.network, config)
        self._optimizer = optimizer(self._student.parameters, config.seed)
        self._generator = torch.Generator().manual_seed(config.seed)
        self._trajectories = 0
        self._stock: RolloutSample | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the model as it was found."""
        self._student.close()
        self._optimizer.close()

    def advance(self) -> float:
        """Make one gradient step; returns the loss before it."""
        sample, lessons = self._sample(), self._lessons
        eta = lessons.eta[sample.lesson].view(-1, 1, 1, 1)
        target = erase_target(sample.eps_c, sample.eps_null, eta, sample.eps_start)
        with self._student.active():
            prediction = self._model.predict(sample.x_t, sample.t, lessons.asked[sample.lesson])
            loss = erase_loss(prediction, target, lessons.weight[sample.lesson])
            value = float(loss.detach())
            # Before it reaches a weight.
            if not math.isfinite(value):
                raise self._diverged("the loss")
            if not self._optimizer.descend(loss, self._config.rate(self.step)):
                raise self._diverged("a gradient")
        self.step += 1
        return value

    def student(self) -> contextlib.AbstractContextManager[None]:
        """Make the model the student inside the block, as it is between two steps."""
        return self._student.active()

    def result(self) -> dict[str, Tensor]:
        """Return the student's parameters, on the CPU.

        Weights are in the model's own precision, in which they will be applied; factors in fp32.
        """
        learned = values(self._student)
        if not self._config.lora_rank:
            learned = {name: value.to(self._model.dtype) for name, value in learned.items()}
        if not all(bool(value.isfinite().all()) for value in learned.values()):
            raise self._diverged("a weight")
        return learned

    def save(self, path: Path, recipe: str) -> None:
        """Keep the state in a file, under the recipe (as JSON) that it is a state of."""
        tensors = {
            f"student/{name}": value.detach() for name, value in self._student.parameters.items()
        }
        for name, value in self._optimizer.state().items():
            tensors[f"adam/{name}"] = value
        if self._stock is not None:
            for name, column in self._stock.tensors().items():
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
            was = json.loads(numbers["recipe"])
            was["config"] = as_written_now(was["config"])
            difference = _difference(was, json.loads(recipe))
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
            for name, parameter in self._student.parameters.items():
                parameter.copy_(groups["student"][name])
        self._optimizer.load(groups["adam"])
        stock = {name: value.to(self._model.device) for name, value in groups["stock"].items()}
        self._stock = RolloutSample(**stock) if stock else None
        self._generator.set_state(tensors["generator"])
        self.step = numbers["step"]
        self._trajectories = numbers["trajectories"]

    def _sample(self) -> RolloutSample:
        """Return the latents of the next step, and the original model's predictions there."""
        config = self._config
        if config.source == "edited":
            lesson = self._next_lessons(config.batch)
            return edited(
                self._model, self._student.active, self._lessons, lesson, config, self._generator
            )
        if config.source == "images":
            lesson = self._next_lessons(config.batch)
            return noised(
                self._model, self._lessons, lesson, self._pictures, config, self._generator
            )
        while self._stock is None or len(self._stock) < config.batch:
            self._stock = self._replenished()
        sample, self._stock = self._stock[: config.batch], self._stock[config.batch :]
        return sample

    def _replenished(self) -> RolloutSample:
        """Return what is left in stock and, below it in random order, that of new trajectories."""
        config = self._config
        left = [] if self._stock is None else [self._stock]
        missing = (config.steps - self.step) * config.batch - sum(map(len, left))
        enough = math.ceil(missing / (config.sampler_steps * config.reuse))
        first = self._trajectories
        lesson = self._next_lessons(min(config.rollouts, enough))
        fresh = rollouts(self._model, self._lessons, lesson, config, first, self._cache)
        fresh = RolloutSample.cat([fresh] * config.reuse)
        shuffled = fresh[torch.randperm(len(fresh), generator=self._generator)]
        return RolloutSample.cat([*left, shuffled])

    def _next_lessons(self, trajectories: int) -> Tensor:
        first, self._trajectories = self._trajectories, self._trajectories + trajectories
        numbers = torch.arange(first, self._trajectories, device=self._model.device)
        return self._lessons.of_trajectories(numbers)

    def _diverged(self, what: str) -> NonFiniteLoss:
        config = self._config
        return NonFiniteLoss(
            f"{what} is no longer a finite number at step {self.step + 1}; "
            f"lower --lr (it is {config.lr:g}) or --eta (it is {config.eta:g})"
        )


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
