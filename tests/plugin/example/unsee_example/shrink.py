"""A method: the weights of the last layer shrink. It erases nothing in particular."""

from dataclasses import dataclass

from unsee.erasing.methods.base import METHOD_HELP, MethodConfig
from unsee.erasing.settings import documented, setting


@documented
@dataclass(frozen=True, kw_only=True)
class ShrinkConfig(MethodConfig):
    """Settings of `shrink`."""

    method: str = setting("shrink", METHOD_HELP)
    by: float = setting(0.5, "What the weights are multiplied by.", lowest=0, highest=1)


class Shrink:
    """The method."""

    help = "the last layer's weights, shrunk"
    config = ShrinkConfig
    takes = frozenset({"checkpoint"})

    def erase(self, model, concepts, config, run):
        """Return the new values; `checkpoint` is of no use to what takes no time."""
        name = "conv_out.weight"
        return {name: model.network.get_parameter(name).detach().cpu() * config.by}


SHRINK = Shrink()
