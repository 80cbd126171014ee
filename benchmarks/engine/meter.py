"""What one process spends: rows that pass through the U-Net, seconds, and memory at the peak.

Meter     counts from its making to `report`; the libraries have to be imported before it is made
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel


def memory(field: str) -> int:
    """Bytes, from /proc/self/status: VmRSS now, VmHWM at the highest."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {field} in /proc/self/status")


class Meter:
    """Counts every row of every call of a U-Net, with and without gradients."""

    def __init__(self) -> None:
        self.rows = {"without gradient": 0, "with gradient": 0}
        self.base = memory("VmRSS")
        self.began = time.monotonic()
        forward = UNet2DConditionModel.forward

        def counted(network: Any, sample: torch.Tensor, *rest: Any, **named: Any) -> Any:
            key = "with gradient" if torch.is_grad_enabled() else "without gradient"
            self.rows[key] += len(sample)
            return forward(network, sample, *rest, **named)

        UNet2DConditionModel.forward = counted  # type: ignore[method-assign]

    def start(self) -> None:
        """Start the clock anew: what is loaded is loaded."""
        self.began = time.monotonic()

    def report(self, steps: int, **more: Any) -> None:
        """Write one line of JSON, the last of the process."""
        seconds = time.monotonic() - self.began
        record = {
            "rows": sum(self.rows.values()),
            "rows_by_kind": self.rows,
            "rows_per_step": sum(self.rows.values()) / steps,
            "seconds": round(seconds, 2),
            "seconds_per_step": round(seconds / steps, 4),
            "peak_bytes": memory("VmHWM"),
            "peak_bytes_above_imports": memory("VmHWM") - self.base,
            **more,
        }
        sys.stdout.write(json.dumps(record) + "\n")
