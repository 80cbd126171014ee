"""Other parameters in the place of a network's own.

swapped    for the length of a block
Exchange   there and back at any time

Parameters are exchanged by pointer, never copied: to put a network's own back is to put the same
objects back, bit for bit.
"""

import contextlib
from collections.abc import Iterator, Mapping

from torch import nn


class Exchange:
    """Parameters of a network and their stand-ins, either of which can be in place."""

    def __init__(self, network: nn.Module, stand_ins: Mapping[str, nn.Parameter]) -> None:
        self._places: list[tuple[nn.Module, str, nn.Parameter, nn.Parameter]] = []
        for name, stand_in in stand_ins.items():
            path, _, attribute = name.rpartition(".")
            own = network.get_parameter(name)
            self._places.append((network.get_submodule(path), attribute, own, stand_in))

    def put_in(self) -> None:
        """Put all stand-ins in, or none if that is interrupted."""
        try:
            for module, attribute, _, stand_in in self._places:
                setattr(module, attribute, stand_in)
        except BaseException:
            self.put_back()
            raise

    def put_back(self) -> None:
        """Put the network's own parameters back."""
        for module, attribute, own, _ in self._places:
            setattr(module, attribute, own)


@contextlib.contextmanager
def swapped(network: nn.Module, stand_ins: Mapping[str, nn.Parameter]) -> Iterator[None]:
    """Inside the block, `network` has these parameters in place of its own of the same names."""
    exchange = Exchange(network, stand_ins)
    exchange.put_in()
    try:
        yield
    finally:
        exchange.put_back()
