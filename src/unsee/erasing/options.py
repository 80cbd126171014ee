"""Settings as options of a command line, where the user may leave each to the recipe.

recipes_own    what tyro reads of one setting of ESD: its help, and that the recipe has a say
MethodOptions  options for whichever method the words of a command line name
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, make_dataclass
from typing import Annotated, Any, ClassVar, Self

from tyro.conf import arg

from unsee.erasing.config import EraseConfig
from unsee.erasing.methods.registry import DEFAULT, config_of
from unsee.erasing.recipe import read_recipe
from unsee.erasing.settings import Setting, settings_of
from unsee.errors import OptionError


def recipes_own(name: str, when: str = "") -> Any:
    """Describe an option that is a setting of ESD, as in Annotated[int | None, recipes_own("lr")].

    It is None where the recipe decides. `when` goes before the help, as in "With --model: ".
    """
    return _described(settings_of(EraseConfig)[name], when)


def _described(one: Setting, when: str = "") -> Any:
    return arg(help=when + one.text, help_behavior_hint="(default: the recipe's)")


@dataclass(frozen=True, kw_only=True)
class MethodOptions:
    """Options of an erasure: a subclass made by `for_words` has one for each setting too."""

    setting_names: ClassVar[tuple[str, ...]] = ()

    recipe: Annotated[str | None, arg(help_behavior_hint="(default: the model's)")] = None
    """Settings to start from: a name that `unsee list recipes` shows, or a .toml file."""
    method: Annotated[str | None, recipes_own("method")] = None

    @property
    def settings(self) -> dict[str, Any]:
        """What the user gave of the method's settings; None for what the recipe decides."""
        return {name: getattr(self, name) for name in ("method", *self.setting_names)}

    @classmethod
    def for_words(cls, words: Sequence[str]) -> type[Self]:
        """Add an option for each setting of the method that a command line names.

        Raises:
            UnknownName: there is no such method, or no such recipe.
            OptionError: the method has a setting that is another option's name.
        """
        config = config_of(_method_in(words))
        own = {one.name for one in fields(cls)} - {"method"}
        added = {name: one for name, one in settings_of(config).items() if name != "method"}
        for name in added:
            if name in own:
                raise OptionError(
                    f"the method has a setting {name!r}, which is another option's name; "
                    "its author has to choose another"
                )
        return make_dataclass(
            cls.__name__,
            [
                (name, Annotated[one.kind | None, _described(one)], field(default=None))
                for name, one in added.items()
            ],
            bases=(cls,),
            namespace={"setting_names": tuple(added), "__doc__": cls.__doc__},
            frozen=True,
            kw_only=True,
        )


def _method_in(words: Sequence[str]) -> str:
    """Which method a command line names, by itself or by its recipe."""
    named = list(_values("--method", words))
    if named:
        return named[-1]
    recipes = list(_values("--recipe", words))
    return str(read_recipe(recipes[-1]).settings.get("method", DEFAULT)) if recipes else DEFAULT


def _values(flag: str, words: Sequence[str]) -> Iterator[str]:
    words = list(itertools.takewhile(lambda word: word != "--", words))
    for word, following in itertools.zip_longest(words, words[1:], fillvalue=None):
        if word == flag and following is not None:
            yield following
        elif word is not None and word.startswith(f"{flag}="):
            yield word.partition("=")[2]
