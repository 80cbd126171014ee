"""Where each millisecond of an erasure goes, and how far that is from the machine's limit.

    python benchmarks/engine/milliseconds.py [--model MODEL] [--dtype float32] [--steps 64]

The limit is the fastest large product or convolution in the same precision and on the same
threads, measured before and after. Operations are counted by torch's own counter, products and
convolutions alone, as everybody counts them. Prints a table, writes benchmarks/results/engine/.
"""

import argparse
import collections
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity
from torch.profiler import profile as recording
from torch.utils.flop_counter import FlopCounterMode

import unsee
from unsee.erasing.lessons import lessons_of
from unsee.erasing.training import Training
from unsee.running.files import writing

RESULTS = Path(__file__).parent.parent / "results" / "engine"
SIDES = (512, 1024, 2048)
KINDS = {
    "products": ("mm", "addmm", "bmm", "baddbmm", "linear", "mkldnn_linear"),
    "convolutions": ("convolution", "mkldnn_convolution", "slow_conv", "thnn_conv"),
    "attention": ("scaled_dot_product", "flash_attention", "_softmax", "softmax"),
    "norms": ("group_norm", "layer_norm"),
    "activations": ("silu", "gelu"),
    "copies": ("copy_", "cat", "clone", "contiguous", "to_copy"),
    "Adam": ("_foreach", "lerp", "addcdiv", "addcmul", "_fused_adam", "linalg_vector_norm"),
}


def limit(dtype: torch.dtype) -> float:
    """Operations a second of the fastest of many large products and convolutions."""
    best = 0.0
    for side in SIDES:
        a = torch.randn(side, side, dtype=dtype)
        best = max(best, 2 * side**3 / _fastest(lambda a=a: torch.mm(a, a)))
    x, kernel = torch.randn(8, 256, 32, 32, dtype=dtype), torch.randn(256, 256, 3, 3, dtype=dtype)
    flops = 2 * 9 * 256**2 * 8 * 32**2
    return max(best, flops / _fastest(lambda: torch.conv2d(x, kernel, padding=1)))


def _fastest(run: Callable[[], object]) -> float:
    times = []
    for _ in range(20):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


class Phases:
    """Seconds and operations by what they were spent on."""

    def __init__(self) -> None:
        self.seconds: collections.Counter[str] = collections.Counter()
        self.flops: collections.Counter[str] = collections.Counter()
        self.counting = False

    def timed(self, name: str, run: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function, so that what it takes goes to `name`."""

        def wrapped(*args: Any, **named: Any) -> Any:
            with FlopCounterMode(display=False) if self.counting else _nothing() as counter:
                began = time.perf_counter()
                result = run(*args, **named)
                self.seconds[name] += time.perf_counter() - began
            if counter is not None:
                self.flops[name] += counter.get_total_flops()
            return result

        return wrapped


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def watched(training: Training, model: Any, phases: Phases) -> None:
    """Time what the training of a model does; its steps stay what they are."""
    predict = type(model).predict.__get__(model)
    forward = phases.timed("student, forward", predict)
    model.predict = lambda *a: forward(*a) if torch.is_grad_enabled() else predict(*a)
    training._sample = phases.timed("rollouts", training._sample)  # type: ignore[method-assign]


def main() -> None:
    """Profile, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="emoji")
    parser.add_argument("--concept", default="in the style of twemoji")
    parser.add_argument("--recipe", default="fast")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--steps", type=int, default=64)
    parser.add_argument("--name", default="milliseconds-emoji")
    chosen = parser.parse_args()
    settings: dict[str, Any] = {"steps": chosen.steps}
    for pair in chosen.set:
        name, _, value = pair.partition("=")
        settings[name] = type(getattr(unsee.EraseConfig(), name))(value)
    dtype = getattr(torch, chosen.dtype)
    model = unsee.load(chosen.model, dtype=dtype, device="cpu")
    config = unsee.EraseConfig.from_recipe(chosen.recipe, **settings)
    concepts = [unsee.Concept(chosen.concept)]

    limits = [limit(dtype)]
    phases = Phases()
    backward = torch.autograd.backward
    torch.autograd.backward = phases.timed("student, backward", backward)
    began = time.perf_counter()
    with Training(model, lessons_of(concepts, config), config) as training:
        phases.seconds["text encoder, copies of the weights"] = time.perf_counter() - began
        watched(training, model, phases)
        for _ in range(config.steps):
            training.advance()
        whole = time.perf_counter() - began
        seconds = dict(phases.seconds)
        limits.append(limit(dtype))
        kinds = _kinds(training)
    flops = _flops(model, concepts, config, phases)
    torch.autograd.backward = backward

    rest = whole - sum(seconds.values())
    rows = []
    for name, spent in [*seconds.items(), ("Adam and the rest", rest)]:
        counted = flops.get(name, 0)
        rows.append(
            {
                "phase": name,
                "ms_per_step": round(1000 * spent / config.steps, 3),
                "share": round(spent / whole, 4),
                "gflop_per_step": round(counted / config.steps / 1e9, 3),
                "of_limit": round(counted / spent / max(limits), 4),
            }
        )
    total = sum(flops.values())
    rows.append(
        {
            "phase": "all",
            "ms_per_step": round(1000 * whole / config.steps, 3),
            "share": 1.0,
            "gflop_per_step": round(total / config.steps / 1e9, 3),
            "of_limit": round(total / whole / max(limits), 4),
        }
    )
    record = {
        "model": chosen.model if chosen.model == "emoji" else Path(chosen.model).name,
        "recipe": chosen.recipe,
        "settings": settings,
        "dtype": chosen.dtype,
        "threads": torch.get_num_threads(),
        "limit_gflops": [round(one / 1e9, 1) for one in limits],
        "phases": rows,
        "kinds_of_a_step": kinds,
    }
    print(_table(record))  # noqa: T201
    with writing(RESULTS / f"{chosen.name}.json", overwrite=True) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n")


def _kinds(training: Training) -> dict[str, float]:
    """What kinds of operation the gradient step itself is made of, as shares of its time."""
    stock = training.sample()
    training._sample = lambda: stock  # type: ignore[method-assign]
    with recording(activities=[ProfilerActivity.CPU]) as log:
        for _ in range(5):
            training.advance()
    spent: collections.Counter[str] = collections.Counter()
    for event in log.key_averages():
        kind = next(
            (kind for kind, words in KINDS.items() if any(word in event.key for word in words)),
            "the rest",
        )
        spent[kind] += event.self_cpu_time_total
    total = sum(spent.values())
    return {kind: round(time / total, 4) for kind, time in spent.most_common()}


def _flops(
    model: Any, concepts: list[unsee.Concept], config: unsee.EraseConfig, phases: Phases
) -> dict[str, int]:
    """Operations of the same run; counting slows it down, so that it is one of its own."""
    phases.counting = True
    with Training(model, lessons_of(concepts, config), config) as training:
        watched(training, model, phases)
        for _ in range(config.steps):
            training.advance()
    return dict(phases.flops)


def _table(record: dict[str, Any]) -> str:
    limit_of = max(record["limit_gflops"])
    what = f"{record['model']}, {record['dtype']}, {record['threads']} threads"
    lines = [
        f"{what}; the limit is {limit_of:g} billion operations a second",
        "",
        "| | ms a step | share | billion operations | of the limit |",
        "|---|---|---|---|---|",
    ]
    for row in record["phases"]:
        lines.append(
            f"| {row['phase']} | {row['ms_per_step']:.2f} | {100 * row['share']:.1f} % "
            f"| {row['gflop_per_step']:.2f} | {100 * row['of_limit']:.0f} % |"
        )
    kinds = ", ".join(
        f"{kind} {100 * part:.0f} %" for kind, part in record["kinds_of_a_step"].items()
    )
    return "\n".join([*lines, "", f"A gradient step, by kind of operation: {kinds}."])


if __name__ == "__main__":
    main()
