"""The most memory that a block of code took.

PeakMemory   with PeakMemory(device) as peak: ...; then peak.bytes

On a GPU it is what torch's allocator gave out; on Linux without one, the resident memory of the
whole process; elsewhere it cannot be known and `bytes` is None.
"""

from pathlib import Path
from types import TracebackType

import torch

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
"""What Linux takes for: the highest resident memory is today's (proc(5))."""


class PeakMemory:
    """Measures the block it is the context of; `bytes` is None before its end."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.bytes: int | None = None

    def __enter__(self) -> "PeakMemory":
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        elif _RESET.exists():
            _RESET.write_text(_RESET_PEAK)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.device.type == "cuda":
            self.bytes = torch.cuda.max_memory_allocated(self.device)
        elif _RESET.exists():
            self.bytes = _highest_resident()


def _highest_resident() -> int:
    line = next(row for row in _STATUS.read_text().splitlines() if row.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
