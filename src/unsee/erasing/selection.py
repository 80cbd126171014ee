"""Which parameters are trained, by the structure of the network (Sec. 4.1 of the paper).

Selection   the names of what is trained, and all the others
select      network x parameters -> Selection
linear_weights   of these, the weights of linear layers: what low-rank factors can stand beside

A transformer block of these U-Nets holds self-attention as `attn1` and cross-attention, the only
place where the prompt enters, as `attn2`. A parameter belongs to an attention module when it lies
inside one: its projections to_q, to_k, to_v and to_out. The layer norms around it (`norm1`,
`norm2`, `norm3`), the feed-forward layers, the convolutions in and out and between, their group
norms and the time embedding lie outside; so all of them belong to `u` and `full` and to nothing
else. (The authors' `noxattn` leaves out the time embedding and the last convolution.)
"""

from collections.abc import Callable
from dataclasses import dataclass

from diffusers.models.attention_processor import Attention
from torch import nn

from unsee.erasing.config import PARAMETERS
from unsee.errors import OptionError, unknown_name


@dataclass(frozen=True)
class Selection:
    """The parameters of a network, split into those that are trained and the rest."""

    parameters: str
    """A key of PARAMETERS."""
    names: tuple[str, ...]
    """What is trained, in the network's order; never empty."""
    frozen: tuple[str, ...]
    """What is not."""


@dataclass(frozen=True)
class _Place:
    """Where a parameter lies: the attention it is part of, if any, and the projection."""

    attention: str | None
    projection: str | None


_TRAINS: dict[str, Callable[[_Place], bool]] = {
    "x": lambda place: place.attention == "cross",
    "x-strict": lambda place: place.attention == "cross" and place.projection in ("to_k", "to_v"),
    "u": lambda place: place.attention != "cross",
    "selfattn": lambda place: place.attention == "self",
    "full": lambda place: True,
}


def select(network: nn.Module, parameters: str) -> Selection:
    """Split the parameters of `network` as a key of PARAMETERS has it."""
    if parameters not in PARAMETERS:
        raise unknown_name("parameters", parameters, PARAMETERS)
    attentions = _attentions(network)
    names: list[str] = []
    frozen: list[str] = []
    for name, _ in network.named_parameters():
        trained = _TRAINS[parameters](_place(name, attentions))
        (names if trained else frozen).append(name)
    if not names:
        raise OptionError(
            f"this network has none of --parameters {parameters}: "
            f"{PARAMETERS[parameters].split(':')[0]} is not part of it; choose others"
        )
    return Selection(parameters, tuple(names), tuple(frozen))


def linear_weights(network: nn.Module, parameters: str) -> tuple[str, ...]:
    """Names of the weights of linear layers among what is trained; an error if none is."""
    chosen = select(network, parameters).names
    paths = {f"{path}.weight" for path, part in network.named_modules() if type(part) is nn.Linear}
    if not paths.intersection(chosen):
        raise OptionError(
            f"--parameters {parameters} has no linear layer of this network, so there is nothing "
            "for --lora-rank to put factors beside; leave it away or choose others"
        )
    return tuple(name for name in chosen if name in paths)


def _attentions(network: nn.Module) -> dict[str, str]:
    """Path of each attention module of a transformer block -> "self" or "cross"."""
    kinds = {"attn1": "self", "attn2": "cross"}
    return {
        path: kinds[attribute]
        for path, module in network.named_modules()
        if (attribute := path.rpartition(".")[2]) in kinds and isinstance(module, Attention)
    }


def _place(name: str, attentions: dict[str, str]) -> _Place:
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        path = ".".join(parts[:length])
        if path in attentions:
            return _Place(attentions[path], parts[length])
    return _Place(None, None)
