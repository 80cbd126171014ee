"""The student of an erasure: what is trained, inside the one network that is in memory.

Student   the seam: parameters, a block in which the network is the student, the result
Dense     the selected parameters themselves, in fp32 or rounded at random to bfloat16
Lora      low-rank factors in fp32 beside the selected linear layers, through peft
student   the one that a config asks for

Outside of `active()` the network is the teacher. `close()` leaves it as it was found: the same
parameter objects in the same modules.
"""

import contextlib
import math
from collections.abc import Iterator, Mapping
from typing import Protocol

import torch
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import Linear as LoraLinear
from torch import nn

from unsee.denoisers.base import Denoiser
from unsee.denoisers.exchange import swapped
from unsee.erasing.config import EraseConfig
from unsee.erasing.selection import linear, select
from unsee.running.precisions import dtype_of
from unsee.weights.erased import LORA_A, LORA_B

_ADAPTER = "unsee"


class Student(Protocol):
    """What a Training trains."""

    parameters: Mapping[str, nn.Parameter]
    """By the names that the erased file gives them."""

    def active(self) -> contextlib.AbstractContextManager[None]:
        """Make the network the student inside the block, and the teacher again after it."""

    def close(self) -> None:
        """Take everything of the student out of the network."""


class Dense:
    """The selected parameters, trained in a precision of their own."""

    def __init__(self, model: Denoiser, config: EraseConfig) -> None:
        self._network = network = model.network
        kind = dtype_of(config.precision)
        self.parameters: Mapping[str, nn.Parameter] = {
            name: nn.Parameter(
                network.get_parameter(name).detach().to(kind, copy=True).contiguous()
            )
            for name in select(model, config.parameters).names
        }

    def active(self) -> contextlib.AbstractContextManager[None]:
        """Put the student's parameters in for the block."""
        return swapped(self._network, self.parameters)

    def close(self) -> None:
        """Nothing is left behind by `active`."""


class Lora:
    """Factors A (rank, in) and B (out, rank) of each selected linear layer: W + B A.

    B starts at zero, so that the student starts as the teacher; A as a linear layer would.
    """

    def __init__(self, model: Denoiser, config: EraseConfig) -> None:
        self._network = network = model.network
        names = linear(network, select(model, config.parameters))
        paths = [name.removesuffix(".weight") for name in names]
        self._places = [(path, network.get_submodule(path)) for path in paths]
        settings = LoraConfig(r=config.lora_rank, lora_alpha=config.lora_rank, target_modules=paths)
        inject_adapter_in_model(settings, network, adapter_name=_ADAPTER)
        generator = torch.Generator().manual_seed(config.seed)
        parameters: dict[str, nn.Parameter] = {}
        self._layers: list[LoraLinear] = []
        for path in paths:
            layer = network.get_submodule(path)
            assert isinstance(layer, LoraLinear)
            self._layers.append(layer)
            for kind, factors in ((LORA_A, layer.lora_A), (LORA_B, layer.lora_B)):
                factor = factors[_ADAPTER].float().weight
                with torch.no_grad():
                    factor.zero_()
                    if kind == LORA_A:
                        reach = 1 / math.sqrt(factor.shape[1])
                        factor.copy_(
                            (2 * torch.rand(factor.shape, generator=generator) - 1) * reach
                        )
                parameters[f"{path}.weight{kind}"] = factor
        self.parameters: Mapping[str, nn.Parameter] = parameters
        self._switch(on=False)

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Switch the adapters on for the block."""
        self._switch(on=True)
        try:
            yield
        finally:
            self._switch(on=False)

    def close(self) -> None:
        """Put the network's own layers back in the place of the wrapped ones."""
        for path, own in self._places:
            parent, _, attribute = path.rpartition(".")
            setattr(self._network.get_submodule(parent), attribute, own)
        vars(self._network).pop("peft_config", None)

    def _switch(self, *, on: bool) -> None:
        for layer in self._layers:
            layer.enable_adapters(enabled=on)


def student(model: Denoiser, config: EraseConfig) -> Student:
    """Make the student that `config` asks for."""
    return Lora(model, config) if config.lora_rank else Dense(model, config)
