"""What has a name: the built-in ones, and those that other packages bring.

Registry        names of one kind -> objects; imports each when it is first asked for
PluginWarning   a plug-in is left out, and why

A package brings one by an entry point, in its pyproject.toml:

    [project.entry-points."unsee.methods"]
    my-method = "my_package:method"

A plug-in that cannot be imported, or bears a name that is taken, is named in one line, once, and
left out. It never breaks the rest.
"""

import importlib
import importlib.metadata
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from unsee.errors import OptionError, unknown_name

T = TypeVar("T")


class PluginWarning(UserWarning):
    """A plug-in is left out; the message is one line."""


class Registry(Generic[T]):
    """Objects of one kind by their names: the built-in ones first, then plug-ins by name."""

    def __init__(
        self,
        kind: str,
        group: str,
        built_in: Mapping[str, T | str] | None = None,
        *,
        expects: type | None = None,
        check: Callable[[str, Any], str] | None = None,
    ) -> None:
        """Take the kind's name for messages, and the group of entry points that adds to it.

        kind       "method", "family": a noun, for "unknown method 'x'"
        group      "unsee.methods": entry points of this group are plug-ins
        built_in   name -> the object, or "module:object" to import it when it is asked for
        expects    what every object is an instance of; a plug-in that is not one is left out
        check      says of a name and an object why they are left out besides; "" where they are not
        """
        self.kind = kind
        self.group = group
        self._built_in: dict[str, Any] = dict(built_in or {})
        self._expects = expects
        self._check = check
        self._plugins: dict[str, T] | None = None

    def add(self, name: str, entry: T | str) -> None:
        """Add one without a package, such as in a notebook; raises OptionError for a taken name."""
        if name in self:
            raise OptionError(f"there is a {self.kind} {name!r} already; give yours another name")
        self._built_in[name] = entry

    def names(self) -> tuple[str, ...]:
        """List what `get` finds; plug-ins are imported for it, so that broken ones are left out."""
        return (*self._built_in, *self._loaded())

    def get(self, name: str) -> T:
        """Look up a name; raises UnknownName, with the nearest one and all there are."""
        if name in self._built_in:
            entry = self._built_in[name]
            if isinstance(entry, str):
                entry = self._built_in[name] = _imported(entry)
            found: T = entry
            return found
        plugins = self._loaded()
        if name not in plugins:
            raise unknown_name(self.kind, name, self.names())
        return plugins[name]

    def describe(self, name: str) -> str:
        """Say in one line what it is: its `help`, or the first line of its docstring."""
        entry = self.get(name)
        text = getattr(entry, "help", None)
        if not isinstance(text, str):
            text = inspect.getdoc(entry) or ""
        return text.strip().partition("\n")[0]

    def __contains__(self, name: object) -> bool:
        return name in self._built_in or name in self._loaded()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def _loaded(self) -> dict[str, T]:
        """Import the plug-ins, the first time."""
        if self._plugins is not None:
            return self._plugins
        plugins: dict[str, T] = {}
        for point in sorted(
            importlib.metadata.entry_points(group=self.group),
            key=lambda point: (point.name, point.value),
        ):
            fault = self._take(point, plugins)
            if fault:
                package = point.dist.name if point.dist else point.value
                warnings.warn(
                    f"the {self.kind} {point.name!r} of {package} is left out: {fault}",
                    PluginWarning,
                    stacklevel=3,
                )
        self._plugins = plugins
        return plugins

    def _take(self, point: importlib.metadata.EntryPoint, plugins: dict[str, T]) -> str:
        """Put a plug-in among the others, and return ""; or why it cannot be."""
        if point.name in self._built_in:
            return "unsee has one of that name"
        if point.name in plugins:
            return "another package has one of that name"
        try:
            entry = point.load()
        # Whatever a foreign module does while it is imported, `sys.exit` too.
        except (Exception, SystemExit) as error:
            return " ".join(f"{type(error).__name__}: {error}".split())
        if self._expects is not None and not isinstance(entry, self._expects):
            return f"it is no {self._expects.__name__} but {type(entry).__name__}"
        fault = "" if self._check is None else self._check(point.name, entry)
        if not fault:
            plugins[point.name] = entry
        return fault


def _imported(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
