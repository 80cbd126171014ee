"""Which parameters an erasure changes: the places of denoisers/places.py, in one network.

Selection   a network's parameters, split into trained and frozen
select      split them
linear      of the trained ones, the weights of linear layers
"""

from dataclasses import dataclass

from torch import nn

from unsee.denoisers.base import Denoiser
from unsee.denoisers.places import PARAMETERS
from unsee.errors import OptionError, option, unknown_name


@dataclass(frozen=True)
class Selection:
    """The parameters of a network, split into those that are trained and the rest."""

    parameters: str
    """A key of PARAMETERS."""
    names: tuple[str, ...]
    """What is trained, in the network's order; never empty."""
    frozen: tuple[str, ...]
    """What is not."""


def select(model: Denoiser, parameters: str) -> Selection:
    """Split the parameters of a model's network.

    Raises:
        UnknownName: `parameters` is no key of PARAMETERS.
        OptionError: the network has none of these.
        CheckpointError: the network has a structure that its family does not know.
    """
    if parameters not in PARAMETERS:
        raise unknown_name("parameters", parameters, PARAMETERS)
    places = model.places()
    chosen = PARAMETERS[parameters].places
    names = tuple(name for name, place in places.items() if place in chosen)
    frozen = tuple(name for name, place in places.items() if place not in chosen)
    every = [name for name, _ in model.network.named_parameters()]
    assert sorted((*names, *frozen)) == sorted(every), "a family has to place every parameter"
    if not names:
        what = "; ".join(place.value for place in chosen)
        raise OptionError(f"{model.name} has no {what}; choose other parameters than {parameters}")
    return Selection(parameters, names, frozen)


def linear(network: nn.Module, selection: Selection) -> tuple[str, ...]:
    """Names of the weights of linear layers among what is trained; an OptionError if none is."""
    paths = {f"{path}.weight" for path, part in network.named_modules() if type(part) is nn.Linear}
    names = tuple(name for name in selection.names if name in paths)
    if not names:
        raise OptionError(
            f"{selection.parameters} trains no linear layer of this network, so there is nothing "
            f"for {option('lora_rank')} to put factors beside; leave it away or choose other "
            "parameters"
        )
    return names
