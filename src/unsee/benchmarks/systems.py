"""The systems that the paper compares: rows of its tables.

System    one way to keep a model from drawing a concept, by name
SYSTEMS   what there is, and what each name may be followed by

    unedited            the model as it is
    esd-x esd-u-3 ...   a method, and perhaps its eta: erased from the weights
    sld-medium          SLD with one of its four configurations, at sampling time
    negative            the concept as the negative prompt
    censored            another model, trained without the concept
    filter              the unedited model, and pictures that a detector flags are withheld
"""

from dataclasses import dataclass
from typing import Self

from unsee.erasing.config import EraseConfig
from unsee.erasing.methods.registry import METHODS, config_of, full_name, method_names
from unsee.erasing.settings import settings_of
from unsee.errors import OptionError, unknown_name
from unsee.sampling.guidance import SLD

SYSTEMS = (
    "unedited",
    *EraseConfig.names_of_method(),
    *(f"sld-{name}" for name in SLD),
    "negative",
    "censored",
    "filter",
)
DEFAULT_ETA = 1.0
"""As the paper: ESD-x and ESD-u without a number."""


@dataclass(frozen=True)
class System:
    """One way to keep a model from drawing a concept."""

    name: str
    method: str | None = None
    """What erases, by the name that erased files have it; None where nothing is erased."""
    eta: float = DEFAULT_ETA
    """Strength of the erasure, in the paper's convention."""
    sld: str | None = None
    """Configuration of SLD."""
    negative: bool = False
    """Whether the concept is the negative prompt."""
    censored: bool = False
    """Whether the other model draws."""
    filtered: bool = False
    """Whether flagged pictures are withheld."""

    @classmethod
    def named(cls, name: str) -> Self:
        """Find a system by its name; an eta may follow a method, as in esd-u-3."""
        if name.startswith("sld-"):
            sld = name.removeprefix("sld-")
            if sld not in SLD:
                raise unknown_name("configuration of SLD", sld, SLD)
            return cls(name, sld=sld)
        if name in method_names():
            return cls(name, method=full_name(name))
        method, _, eta = name.rpartition("-")
        strength = _number(eta)
        if method in method_names() and strength is not None:
            if "eta" not in settings_of(config_of(method)):
                raise OptionError(f"method {method} has no eta; leave it out of system {name!r}")
            return cls(name, method=full_name(method), eta=strength)
        if name not in SYSTEMS:
            choices = dict.fromkeys((*SYSTEMS, *METHODS))
            hint = "an eta may follow a method, as in esd-u-3"
            raise unknown_name("system", name, choices, hint=hint)
        return cls(
            name,
            negative=name == "negative",
            censored=name == "censored",
            filtered=name == "filter",
        )

    @property
    def draws_as(self) -> str:
        """Which system's pictures these are: a filter only looks at those of the unedited model."""
        return "unedited" if self.filtered else self.name


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
