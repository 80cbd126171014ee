"""Latents of whole trajectories that wait to be trained on.

Stock   rows of samples in random order, each as often as it is to be used
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from unsee.erasing.latents import Sample

_ORDER = "order"


class Stock:
    """Samples, and the order in which their rows are trained on; a row is kept once."""

    def __init__(self) -> None:
        self._sample: Sample | None = None
        self._order = torch.empty(0, dtype=torch.long)
        """Rows of the sample that are still to be used, in order."""

    def __len__(self) -> int:
        """How many rows are still to be used, each as often as it will be."""
        return len(self._order)

    def add(self, fresh: Sample, reuse: int, generator: torch.Generator) -> None:
        """Put the rows of `fresh` behind what is left, each `reuse` times, in random order."""
        order = torch.randperm(len(fresh) * reuse, generator=generator) % len(fresh)
        if self._sample is None or not len(self):
            self._sample, self._order = fresh, order
            return
        # What has been used up is let go of.
        rows, left = torch.unique(self._order, return_inverse=True)
        self._sample = Sample.cat([self._sample[rows], fresh])
        self._order = torch.cat([left, len(rows) + order])

    def take(self, rows: int) -> Sample:
        """Take the next rows."""
        assert self._sample is not None
        chosen, self._order = self._order[:rows], self._order[rows:]
        return self._sample[chosen]

    def tensors(self) -> dict[str, Tensor]:
        """All of it, to be kept; nothing where the stock was never filled."""
        return {} if self._sample is None else {**self._sample.tensors(), _ORDER: self._order}

    def load(self, tensors: Mapping[str, Tensor], device: torch.device) -> None:
        """Go on from `tensors`; files of the first layout hold their rows in order."""
        columns = {name: value.to(device) for name, value in tensors.items() if name != _ORDER}
        self._sample = Sample(**columns) if columns else None
        rows = torch.arange(0 if self._sample is None else len(self._sample))
        self._order = tensors.get(_ORDER, rows).cpu()
