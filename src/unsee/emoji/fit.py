"""The training of one stage of the recipe: resumable, logged, looked at.

Stage           what is trained: modules, a loss, a sheet to look at
FitConfig       steps, batch, learning rate and its shape
fit             trains a stage in its folder: checkpoint.safetensors, log.jsonl, sheets/
load_averages   what a stage has learned so far
averaged        within it, the parameters hold their averages
bfloat16        within it, products are taken in bfloat16 where the processor is quick at that

A step draws all its randomness from the seed and its own number, so a run that was stopped and
continued is the run that was not. The averaged weights (EMA) are what ships.
"""

import json
import math
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from unsee.errors import CheckpointError, NonFiniteLoss
from unsee.running.files import writing
from unsee.running.loop import Checkpoint, repeat
from unsee.running.progress import Watch

CHECKPOINT = "checkpoint.safetensors"
LOG = "log.jsonl"
LOG_EVERY = 50
"""Steps between two lines of the log, each of which holds their mean losses."""
MOMENTS = ("exp_avg", "exp_avg_sq")
"""What AdamW remembers of a parameter, beside the number of steps."""


class Stage(Protocol):
    """Something to train."""

    name: str

    @property
    def modules(self) -> Mapping[str, nn.Module]:
        """What is trained, by name."""

    def loss(self, chance: random.Random, batch: int) -> dict[str, Tensor]:
        """Losses of one batch; they are summed. Torch's own generator is seeded already."""

    def sheet(self) -> Image.Image:
        """A picture of how far it has come, drawn with the weights as they are."""


@dataclass(frozen=True)
class FitConfig:
    """How one stage is trained."""

    steps: int
    batch: int
    lr: float
    """Peak learning rate of AdamW."""
    warmup: int = 200
    """Steps of linear rise."""
    decay: float = 0.3
    """The last part of the run in which the rate falls to a twentieth; before that it is constant,
    so that a run can be made longer afterwards without having been cooled too early."""
    weight_decay: float = 0.01
    ema: float = 0.999
    """Share of the average that one step keeps."""
    clip: float = 1.0
    """Largest norm of a gradient."""
    seed: int = 0
    save_minutes: float = 5.0
    """Minutes between checkpoints, and between sheets."""

    def rate(self, step: int) -> float:
        """The learning rate of a step, as a part of the peak."""
        begins = self.steps * (1 - self.decay)
        cooled = min(max((self.steps - step) / max(self.steps - begins, 1), 0.05), 1.0)
        return min((step + 1) / self.warmup, 1.0) * cooled


def fit(stage: Stage, config: FitConfig, folder: Path, watch: Watch | None = None) -> None:
    """Train `stage` to its last step, continuing from `folder` where it holds a checkpoint.

    The modules hold the averaged weights afterwards.

    Raises:
        Stopped: on Ctrl-C; the state is saved first.
        NonFiniteLoss: the loss or its gradient is no number; the state before it is saved.
    """
    (folder / "sheets").mkdir(parents=True, exist_ok=True)
    fitting = _Fitting(stage, config, folder)
    repeat(
        fitting.advance,
        range(fitting.step, config.steps),
        checkpoint=Checkpoint(folder / CHECKPOINT, fitting.save, 60 * config.save_minutes),
        watch=watch,
        what=stage.name,
    )
    with torch.no_grad():
        for name, parameter in fitting.parameters.items():
            parameter.copy_(fitting.average[name])
    if not fitting.sheet.exists():
        stage.sheet().save(fitting.sheet)


class _Fitting:
    """A stage between two steps, with the averages and what the optimizer remembers."""

    def __init__(self, stage: Stage, config: FitConfig, folder: Path) -> None:
        self.stage, self.config, self.folder = stage, config, folder
        self.parameters = _parameters(stage)
        self.average = {name: value.detach().clone() for name, value in self.parameters.items()}
        self.optimizer = torch.optim.AdamW(
            self.parameters.values(),
            lr=config.lr,
            betas=(0.9, 0.99),
            weight_decay=config.weight_decay,
            fused=True,
        )
        self.step, self._earlier = self._resume(folder / CHECKPOINT)
        self._began = time.monotonic()
        # An optimizer without memory (of unpacked weights) is warmed up again, wherever it starts.
        self._cold = self.step if self.step and not self.optimizer.state else -config.warmup
        self._sums: dict[str, float] = {}
        self._summed = 0

    @property
    def seconds(self) -> float:
        """How long the steps took so far, over all calls."""
        return self._earlier + time.monotonic() - self._began

    @property
    def sheet(self) -> Path:
        """The picture of how far it has come."""
        return self.folder / "sheets" / f"{self.step:06d}.png"

    def advance(self) -> dict[str, float]:
        """Make one step; returns the mean losses since the last line of the log."""
        config = self.config
        warm = min((self.step - self._cold + 1) / config.warmup, 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = config.lr * config.rate(self.step) * warm
        losses = self._descend()
        # Early on, a long average would remember the random start.
        keep = min(config.ema, (self.step + 1) / (self.step + 10))
        torch._foreach_lerp_(
            list(self.average.values()), [p.detach() for p in self.parameters.values()], 1 - keep
        )
        self.step += 1
        self._summed += 1
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        means = {name: value / self._summed for name, value in self._sums.items()}
        if self.step % LOG_EVERY == 0 or self.step == config.steps:
            _log(self.folder / LOG, self.step, self.seconds, means)
            self._sums, self._summed = {}, 0
        return means

    def _descend(self) -> dict[str, float]:
        config, parameters = self.config, list(self.parameters.values())
        torch.manual_seed(config.seed * 1_000_003 + self.step)
        losses = self.stage.loss(random.Random(f"{config.seed}/{self.step}"), config.batch)
        total = torch.stack(list(losses.values())).sum()
        self._check("loss", total)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        # Before it reaches a weight.
        self._check("gradient", nn.utils.clip_grad_norm_(parameters, config.clip))
        self.optimizer.step()
        return {name: value.item() for name, value in losses.items()}

    def _check(self, what: str, value: Tensor) -> None:
        if not math.isfinite(value.item()):
            raise NonFiniteLoss(
                f"the {what} of {self.stage.name} at step {self.step} is {value.item()}; "
                "lower its learning rate"
            )

    def save(self, path: Path) -> None:
        """Write the checkpoint, and a sheet drawn with the averages."""
        tensors: dict[str, Tensor] = {}
        for name, value in self.parameters.items():
            tensors[f"weight/{name}"] = value.detach()
            tensors[f"average/{name}"] = self.average[name]
            for key in MOMENTS:
                if key in self.optimizer.state[value]:
                    tensors[f"{key}/{name}"] = self.optimizer.state[value][key]
        about = {"step": str(self.step), "seconds": str(self.seconds)}
        with writing(path, overwrite=True) as temporary:
            save_file({k: v.contiguous() for k, v in tensors.items()}, temporary, about)
        with averaged(self.parameters, self.average):
            self.stage.sheet().save(self.sheet)

    def _resume(self, path: Path) -> tuple[int, float]:
        """Fill everything from the checkpoint; returns its step and the seconds spent on it."""
        if not path.exists():
            return 0, 0.0
        with safe_open(path, "pt") as file, torch.no_grad():
            about = file.metadata()
            names = set(file.keys())
            for name, parameter in self.parameters.items():
                if f"weight/{name}" not in names:
                    raise CheckpointError(f"{path} belongs to another recipe; move it away")
                parameter.copy_(file.get_tensor(f"weight/{name}"))
                self.average[name].copy_(file.get_tensor(f"average/{name}"))
                if f"exp_avg/{name}" in names:
                    self.optimizer.state[parameter] = {
                        "step": torch.tensor(float(about["step"])),
                        **{
                            # In the parameter's own memory layout, which the file does not keep.
                            key: torch.empty_like(parameter).copy_(file.get_tensor(f"{key}/{name}"))
                            for key in MOMENTS
                        },
                    }
        return int(about["step"]), float(about["seconds"])


@contextmanager
def bfloat16() -> Iterator[None]:
    """Mixed precision for the forward pass: 1.7 times as fast as fp32 where it is on at all.

    Attention is written out, since the CPU's fused kernel is slow backwards in bfloat16.
    """
    able = torch.cpu.get_capabilities()
    quick = bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    with torch.autocast("cpu", torch.bfloat16, enabled=quick), sdpa_kernel(SDPBackend.MATH):
        yield


@contextmanager
def averaged(parameters: Mapping[str, Tensor], average: Mapping[str, Tensor]) -> Iterator[None]:
    """Within the block, the parameters hold their averages, and the averages theirs."""
    _swap(parameters, average)
    try:
        yield
    finally:
        _swap(parameters, average)


@torch.no_grad()
def _swap(parameters: Mapping[str, Tensor], average: Mapping[str, Tensor]) -> None:
    for name, parameter in parameters.items():
        own = parameter.clone()
        parameter.copy_(average[name])
        average[name].copy_(own)


def load_averages(stage: Stage, folder: Path) -> None:
    """Put the averaged weights of a run's checkpoint into the modules."""
    path = folder / CHECKPOINT
    if not path.exists():
        raise CheckpointError(f"{path} is missing: train the stage {stage.name} first")
    with safe_open(path, "pt") as file, torch.no_grad():
        for name, value in _parameters(stage).items():
            value.copy_(file.get_tensor(f"average/{name}"))


def _parameters(stage: Stage) -> dict[str, nn.Parameter]:
    return {
        f"{part}.{name}": value
        for part, module in stage.modules.items()
        for name, value in module.named_parameters()
        if value.requires_grad
    }


def _log(path: Path, step: int, seconds: float, losses: Mapping[str, float]) -> None:
    row = {"step": step, "seconds": round(seconds, 1)}
    row |= {name: round(value, 6) for name, value in losses.items()}
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")
