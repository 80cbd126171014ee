"""Do channels-last, written-out attention and torch.compile pay? A gradient step, each way.

    python benchmarks/engine/layouts.py [--model MODEL] [--dtype float32] [--pixels 64] [--compile]

The ways take turns, so that a busy machine slows all of them; the fastest step of each counts.
Prints milliseconds and ratios, and writes benchmarks/results/engine/NAME.json.
"""

import argparse
import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch._inductor import config as inductor
from torch.nn.attention import SDPBackend, sdpa_kernel

import unsee
from unsee.erasing.selection import select
from unsee.running.files import writing

RESULTS = Path(__file__).parent.parent / "results" / "engine"


class Step:
    """A forward and a backward pass, with gradients of the cross-attention alone."""

    def __init__(self, model: Any, batch: int, pixels: int) -> None:
        self.model = model
        network = model.network
        chosen = select(network, "x").names
        self.selected = [value for name, value in network.named_parameters() if name in chosen]
        for parameter in self.selected:
            parameter.requires_grad_(True)
        self.condition = model.encode(["a cat"] * batch)
        self.x_t = torch.randn(batch, *model.latent_shape(pixels, pixels))
        self.t = torch.tensor([500])

    def __call__(self) -> tuple[float, float]:
        """Seconds forward, seconds backward."""
        began = time.perf_counter()
        loss = self.model.predict(self.x_t, self.t, self.condition).square().mean()
        between = time.perf_counter()
        loss.backward()
        ended = time.perf_counter()
        for parameter in self.selected:
            parameter.grad = None
        return between - began, ended - between


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="emoji")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--pixels", type=int, default=64)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--name", default="layouts-emoji")
    chosen = parser.parse_args()
    model: Any = unsee.load(chosen.model, dtype=getattr(torch, chosen.dtype), device="cpu")
    step = Step(model, chosen.batch, chosen.pixels)
    network = model.network
    written_out: Callable[[], Any] = lambda: sdpa_kernel(SDPBackend.MATH)  # noqa: E731
    ways: dict[str, tuple[torch.memory_format, Callable[[], Any]]] = {
        "as it is": (torch.contiguous_format, contextlib.nullcontext),
        "channels last": (torch.channels_last, contextlib.nullcontext),
        "attention written out": (torch.contiguous_format, written_out),
    }
    times: dict[str, list[tuple[float, float]]] = {}
    for _ in range(chosen.rounds):
        for name, (layout, context) in ways.items():
            network.to(memory_format=layout)
            with context():
                step()
                times.setdefault(name, []).extend(step() for _ in range(3))
    network.to(memory_format=torch.contiguous_format)
    seconds_to_compile = None
    if chosen.compile:
        # A first compilation is what users wait for.
        inductor.force_disable_caches = True
        model.network = torch.compile(network)
        began = time.perf_counter()
        step()
        seconds_to_compile = round(time.perf_counter() - began, 1)
        times["compiled"] = [step() for _ in range(3 * chosen.rounds)]
    best = {name: [min(part) for part in zip(*rows, strict=True)] for name, rows in times.items()}
    plain = sum(best["as it is"])
    rows = {
        name: {
            "forward_ms": round(1000 * forward, 1),
            "backward_ms": round(1000 * backward, 1),
            "times_as_fast": round(plain / (forward + backward), 3),
        }
        for name, (forward, backward) in best.items()
    }
    record = {
        "model": chosen.model if chosen.model == "emoji" else Path(chosen.model).name,
        "dtype": chosen.dtype,
        "pixels": chosen.pixels,
        "batch": chosen.batch,
        "threads": torch.get_num_threads(),
        "seconds_to_compile": seconds_to_compile,
        "ways": rows,
    }
    print(json.dumps(record, indent=1))  # noqa: T201
    with writing(RESULTS / f"{chosen.name}.json", overwrite=True) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
