"""The one training loop of the recipe: resumable, logged, looked at.

`Stage`      what is trained: modules, a loss, a sheet to look at
`FitConfig`  steps, batch, learning rate and its shape
`fit`        runs a stage in its folder: checkpoint.safetensors, log.jsonl, sheets/
`bfloat16`   within it, products are taken in bfloat16 where the processor is quick at that

A step draws all its randomness from the seed and its own number, so a run that was stopped and
continued is the run that was not. The averaged weights (EMA) are what ships.
"""

from __future__ import annotations

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

from unsee.emoji.progress import Report
from unsee.errors import CheckpointError, NonFiniteLoss, Stopped
from unsee.running.files import writing
from unsee.running.stopping import between_steps

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


def fit(stage: Stage, config: FitConfig, folder: Path, report: Report) -> None:
    """Train `stage` to its last step, continuing from `folder` where it holds a checkpoint.

    The modules hold the averaged weights afterwards.

    Raises:
        Stopped: on Ctrl-C; the state is saved first.
        NonFiniteLoss: the loss is no number; the last checkpoint is untouched.
    """
    (folder / "sheets").mkdir(parents=True, exist_ok=True)
    parameters = _parameters(stage)
    average = {name: value.detach().clone() for name, value in parameters.items()}
    optimiser = torch.optim.AdamW(
        parameters.values(),
        lr=config.lr,
        betas=(0.9, 0.99),
        weight_decay=config.weight_decay,
        fused=True,
    )
    path = folder / "checkpoint.safetensors"
    step, seconds = _resume(path, parameters, average, optimiser)
    # An optimiser without memory (of unpacked weights) is warmed up again, wherever it starts.
    cold = step if step and not optimiser.state else -config.warmup
    saved_at = time.monotonic()
    started_at = saved_at - seconds
    trained = step < config.steps
    sums: dict[str, float] = {}
    summed = 0

    def save() -> None:
        _save(path, parameters, average, optimiser, step, time.monotonic() - started_at)

    with report.stage(stage.name, config.steps, step) as advance, between_steps() as stop:
        while step < config.steps:
            for group in optimiser.param_groups:
                group["lr"] = (
                    config.lr * config.rate(step) * min((step - cold + 1) / config.warmup, 1.0)
                )
            losses = _step(stage, config, step, optimiser, list(parameters.values()))
            # Early on, a long average would remember the random start.
            keep = min(config.ema, (step + 1) / (step + 10))
            torch._foreach_lerp_(
                list(average.values()), [p.detach() for p in parameters.values()], 1 - keep
            )
            step += 1
            summed += 1
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + value
            if step % 50 == 0 or step == config.steps:
                means = {name: value / summed for name, value in sums.items()}
                sums, summed = {}, 0
                _log(folder / "log.jsonl", step, time.monotonic() - started_at, means)
                advance((step - 1) % 50 + 1, means)
            if stop.is_set() or time.monotonic() - saved_at > 60 * config.save_minutes:
                save()
                with averaged(parameters, average):
                    stage.sheet().save(folder / "sheets" / f"{step:06d}.png")
                saved_at = time.monotonic()
            if stop.is_set() and step < config.steps:
                raise Stopped(f"stopped at step {step} of {stage.name}; the same command goes on")
    save()
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(average[name])
    sheet = folder / "sheets" / f"{step:06d}.png"
    if trained or not sheet.exists():
        stage.sheet().save(sheet)


@contextmanager
def bfloat16() -> Iterator[None]:
    """Mixed precision for the forward pass: 1.7 times as fast as fp32 where it is on at all.

    Attention is written out, since the CPU's fused kernel is slow backwards in bfloat16.
    """
    able = torch.cpu.get_capabilities()
    quick = bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    with torch.autocast("cpu", torch.bfloat16, enabled=quick), sdpa_kernel(SDPBackend.MATH):
        yield


class averaged:
    """Within the block, the parameters hold their averages."""

    def __init__(self, parameters: Mapping[str, Tensor], average: Mapping[str, Tensor]) -> None:
        self._pairs = [(value, average[name]) for name, value in parameters.items()]

    def _swap(self) -> None:
        with torch.no_grad():
            for value, mean in self._pairs:
                kept = value.clone()
                value.copy_(mean)
                mean.copy_(kept)

    def __enter__(self) -> None:
        self._swap()

    def __exit__(self, *error: object) -> None:
        self._swap()


def load_averages(stage: Stage, folder: Path) -> None:
    """Put the averaged weights of a run's checkpoint into the modules."""
    path = folder / "checkpoint.safetensors"
    if not path.exists():
        raise CheckpointError(f"{path} is missing: train the stage {stage.name} first")
    with safe_open(path, "pt") as file, torch.no_grad():
        for name, value in _parameters(stage).items():
            value.copy_(file.get_tensor(f"average/{name}"))


def _step(
    stage: Stage,
    config: FitConfig,
    step: int,
    optimiser: torch.optim.Optimizer,
    parameters: list[nn.Parameter],
) -> dict[str, float]:
    torch.manual_seed(config.seed * 1_000_003 + step)
    losses = stage.loss(random.Random(f"{config.seed}/{step}"), config.batch)
    total = torch.stack(list(losses.values())).sum()
    if not math.isfinite(total.item()):
        raise NonFiniteLoss(
            f"the loss of {stage.name} at step {step} is {total.item()}; lower --lr"
        )
    optimiser.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(parameters, config.clip)
    optimiser.step()
    return {name: value.item() for name, value in losses.items()}


def _parameters(stage: Stage) -> dict[str, nn.Parameter]:
    return {
        f"{part}.{name}": value
        for part, module in stage.modules.items()
        for name, value in module.named_parameters()
        if value.requires_grad
    }


def _save(
    path: Path,
    parameters: Mapping[str, nn.Parameter],
    average: Mapping[str, Tensor],
    optimiser: torch.optim.Optimizer,
    step: int,
    seconds: float,
) -> None:
    tensors: dict[str, Tensor] = {}
    for name, value in parameters.items():
        tensors[f"weight/{name}"] = value.detach()
        tensors[f"average/{name}"] = average[name]
        for key in MOMENTS:
            if key in optimiser.state[value]:
                tensors[f"{key}/{name}"] = optimiser.state[value][key]
    about = {"step": str(step), "seconds": str(seconds)}
    with writing(path, overwrite=True) as temporary:
        save_file({k: v.contiguous() for k, v in tensors.items()}, temporary, about)


def _resume(
    path: Path,
    parameters: Mapping[str, nn.Parameter],
    average: Mapping[str, Tensor],
    optimiser: torch.optim.Optimizer,
) -> tuple[int, float]:
    """Fill everything from the checkpoint; returns its step and the seconds spent on it."""
    if not path.exists():
        return 0, 0.0
    with safe_open(path, "pt") as file, torch.no_grad():
        about = file.metadata()
        names = set(file.keys())
        for name, parameter in parameters.items():
            if f"weight/{name}" not in names:
                raise CheckpointError(f"{path} belongs to another recipe; move it away")
            parameter.copy_(file.get_tensor(f"weight/{name}"))
            average[name].copy_(file.get_tensor(f"average/{name}"))
            if f"exp_avg/{name}" in names:
                optimiser.state[parameter] = {
                    "step": torch.tensor(float(about["step"])),
                    **{
                        # In the parameter's own memory layout, which the file does not keep.
                        key: torch.empty_like(parameter).copy_(file.get_tensor(f"{key}/{name}"))
                        for key in MOMENTS
                    },
                }
    return int(about["step"]), float(about["seconds"])


def _log(path: Path, step: int, seconds: float, losses: Mapping[str, float]) -> None:
    row = {"step": step, "seconds": round(seconds, 1)}
    row |= {name: round(value, 6) for name, value in losses.items()}
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")
