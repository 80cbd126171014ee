"""A setting, stated once: its default, its help, its range, and when it has an effect.

setting       what stands in the field of a method's config
Setting       what that says, for whoever needs it: checks, recipes, command line, page, docs
settings_of   all of a config class, by their names
without_effect   settings that the others leave no effect
documented    a class decorator: `help(Config)` then explains each field
explained     the same, line by line
markdown      the table of the docs

    eta: float = setting(1.0, "Strength of the erasure.", lowest=0, highest=100)
    reuse: int = setting(1, "How often each latent is used.", lowest=1, highest=1000,
                         only={"source": ("original",)})
"""

import dataclasses
import math
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar, get_type_hints

from unsee.errors import OptionError, option, unknown_name

C = TypeVar("C", bound=type)

_KEY = "setting"
_KINDS: Mapping[Any, str] = {
    bool: "true or false",
    float: "a number",
    int: "a whole number",
    str: "a name",
    tuple[str, ...]: "a list of prompts",
}
_NONE: Mapping[str, Any] = MappingProxyType({})
_READ: "dict[type, Mapping[str, Setting]]" = {}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is said of one setting of a method."""

    name: str = ""
    kind: Any = str
    """float, int, str, bool or tuple[str, ...]."""
    default: Any = None
    """The neutral value: where the setting has no effect, it must be this one."""
    help: str = ""
    lowest: float | None = None
    above: float | None = None
    """As lowest, which is not allowed itself."""
    highest: float | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    """Name -> what it stands for; any name where there are none."""
    only: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Another setting -> its values with which this one has an effect."""
    needs: str = ""
    """Another setting that must be given, for this one to have an effect."""

    def checked(self, value: Any) -> Any:
        """Return the value as the config keeps it: whole numbers serve as numbers, lists as tuples.

        Raises:
            OptionError: it is of another kind, or out of the range.
            UnknownName: it is none of the choices.
        """
        if self.kind is float and type(value) is int:
            value = float(value)
        if self.kind == tuple[str, ...] and isinstance(value, list):
            value = tuple(value)
        if not self._is_kind(value):
            raise OptionError(f"{option(self.name)} must be {_KINDS[self.kind]}, not {value!r}")
        if self.choices and value not in self.choices:
            raise unknown_name(self.name, value, self.choices)
        if isinstance(value, (int, float)) and not self._in_range(value):
            raise OptionError(f"{option(self.name)} must be {self.range}, not {value}")
        return value

    @property
    def range(self) -> str:
        """The range in words; nothing where every value is allowed."""
        if self.above is not None and self.highest is None:
            return f"above {self.above}"
        if self.above is not None:
            return f"above {self.above} and at most {self.highest}"
        if self.lowest is not None and self.highest is not None:
            return f"between {self.lowest} and {self.highest}"
        return "" if self.lowest is None else f"at least {self.lowest}"

    @property
    def when(self) -> str:
        """When it has an effect, in words; nothing where it always has."""
        parts = [
            f"with {other} {' or '.join(map(str, values))}" for other, values in self.only.items()
        ]
        return " and ".join([*parts, *([f"with {self.needs}"] if self.needs else [])])

    @property
    def text(self) -> str:
        """The help, with the choices and with when it has an effect."""
        help = self.help
        if self.choices:
            help += f" One of: {', '.join(self.choices)}."
        return f"{help} Only {self.when}." if self.when else help

    def _is_kind(self, value: Any) -> bool:
        if self.kind == tuple[str, ...]:
            return isinstance(value, tuple) and all(isinstance(one, str) for one in value)
        return type(value) is self.kind

    def _in_range(self, value: float) -> bool:
        return (
            math.isfinite(value)
            and (self.lowest is None or value >= self.lowest)
            and (self.above is None or value > self.above)
            and (self.highest is None or value <= self.highest)
        )


def setting(
    default: Any,
    help: str,
    *,
    lowest: float | None = None,
    above: float | None = None,
    highest: float | None = None,
    choices: Mapping[str, str] = _NONE,
    only: Mapping[str, tuple[Any, ...]] = _NONE,
    needs: str = "",
) -> Any:
    """Make the field of a config; the arguments are fields of Setting."""
    said = Setting(
        default=default,
        help=help,
        lowest=lowest,
        above=above,
        highest=highest,
        choices=choices,
        only=only,
        needs=needs,
    )
    return field(default=default, metadata={_KEY: said})


def settings_of(config: type) -> Mapping[str, Setting]:
    """Read the settings of a config class, in their order."""
    if config in _READ:
        return _READ[config]
    kinds = get_type_hints(config)
    found = {}
    for one in dataclasses.fields(config):
        said = one.metadata.get(_KEY, Setting(default=one.default))
        found[one.name] = dataclasses.replace(said, name=one.name, kind=kinds[one.name])
    return _READ.setdefault(config, MappingProxyType(found))


def without_effect(config: type, values: Mapping[str, Any]) -> dict[str, str]:
    """Find values that have no effect beside the others: name -> what to do, in words.

    Of `values` that are not all of the settings, only what they say themselves counts.
    """
    known = settings_of(config)
    found = {}
    for name, value in values.items():
        one = known[name]
        if value == one.default:
            continue
        for other, effective in one.only.items():
            if other in values and values[other] not in effective:
                found[name] = (
                    f"{option(name)} has no effect with {option(other)} {values[other]}; leave it "
                    f"out, or choose {option(other)} {' or '.join(map(str, effective))}"
                )
        if one.needs and one.needs in values and not values[one.needs]:
            found[name] = (
                f"{option(name)} has no effect without {option(one.needs)}; give some, "
                "or leave it out"
            )
    return found


def documented(config: C) -> C:
    """Explain each setting in the docstring of its class."""
    config.__doc__ = "\n    ".join([f"{config.__doc__}\n", *explained(config)])
    return config


def explained(config: type) -> Iterator[str]:
    """Explain each setting: a line with its default, and below it, set in, what it is for."""
    for one in settings_of(config).values():
        yield f"{one.name} = {one.default!r}" + (f" ({one.range})" if one.range else "")
        yield from _wrapped(one.text)


def markdown(config: type) -> str:
    """Write the settings as a table for the docs."""
    rows = ["| setting | default | range | what it is |", "|---|---|---|---|"]
    for one in settings_of(config).values():
        value = one.default
        default = "none" if value == () else f"`{value}`"
        text = one.help + "".join(f"<br>`{name}`: {what}" for name, what in one.choices.items())
        when = f"<br>Only {one.when}." if one.when else ""
        rows.append(f"| `{one.name}` | {default} | {one.range} | {text}{when} |")
    return "\n".join(rows) + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 88, initial_indent="    ", subsequent_indent="    ")
