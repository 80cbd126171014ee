"""What a method of erasing is: settings, and a function from a model to tensors.

MethodConfig   the settings of a method; their checks, and the ways to them from recipes and files
EraseStep      what the progress callback is told after each step
Run            what an erasure is given beside its settings
Method         what is registered

A method of another package, brought by the entry point `unsee.methods`:

    @dataclass(frozen=True, kw_only=True)
    class Config(MethodConfig):
        method: str = setting("shrink", METHOD_HELP)
        by: float = setting(0.5, "What weights are multiplied by.", lowest=0, highest=1)

    class Shrink:
        help = "smaller weights"
        config = Config
        takes = frozenset()

        def erase(self, model, concepts, config, run):
            return {name: tensor * config.by for name, tensor in ...}
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, runtime_checkable

from unsee.concepts import Concept
from unsee.erasing.recipe import Recipe, read_recipe
from unsee.erasing.settings import setting, settings_of, without_effect
from unsee.errors import OptionError, option, unknown_name
from unsee.running.progress import Progress

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

    from unsee.denoisers.base import Denoiser
    from unsee.weights.provenance import Provenance

METHOD_HELP = "The algorithm that erases: a name that `unsee list methods` shows."


@dataclass(frozen=True, kw_only=True)
class MethodConfig:
    """Settings of a method; a subclass has a field for each, and its method's name as default."""

    short_names: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Names that may stand for the method and some of its settings: esd-u for parameters u."""

    method: str = setting("", METHOD_HELP)

    def __new__(cls, **settings: Any) -> Self:
        """Refuse a short name beside another value of what it stands for."""
        cls.spelled_out(settings)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        """Refuse what is out of range, has no effect, or contradicts the rest.

        Raises:
            OptionError: the message names the setting.
            UnknownName: a setting is none of its choices.
        """
        known = settings_of(type(self))
        values = {name: getattr(self, name) for name in known}
        values |= self.spelled_out({"method": self.method})
        for name, one in known.items():
            object.__setattr__(self, name, one.checked(values[name]))
        if self.method != known["method"].default:
            raise unknown_name(
                f"method of {type(self).__name__}", self.method, self.names_of_method()
            )
        values = {name: getattr(self, name) for name in known}
        for fault in without_effect(type(self), values).values():
            raise OptionError(fault)
        self.check_together(values)

    @property
    def name(self) -> str:
        """What people call it: the method with its parameters, as in esd-u."""
        parameters = getattr(self, "parameters", None)
        return f"{self.method}-{parameters}" if parameters else self.method

    @classmethod
    def names_of_method(cls) -> tuple[str, ...]:
        """The method's name and its short ones."""
        return (settings_of(cls)["method"].default, *cls.short_names)

    @classmethod
    def check_together(cls, values: Mapping[str, Any]) -> None:
        """Raise an OptionError where settings contradict each other, be they all or some."""

    @classmethod
    def spelled_out(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Put what a short name stands for in its place.

        Raises:
            OptionError: another value is given beside it.
        """
        name = values.get("method")
        if not isinstance(name, str) or name not in cls.short_names:
            return dict(values)
        meant = cls.short_names[name]
        for other, value in meant.items():
            if values.get(other, value) != value:
                raise OptionError(
                    f"{option('method')} {name} is {option(other)} {value}, and {option(other)} "
                    f"{values[other]} is "
                    "given; leave one of the two out"
                )
        return {**values, **meant, "method": settings_of(cls)["method"].default}

    @classmethod
    def from_recipe(cls, recipe: str | Path, **settings: Any) -> Self:
        """Take the settings of a recipe, and `settings` instead of its own.

        from_recipe("paper")                        the paper's
        from_recipe("emoji", method="esd-u")        with what the recipe says for that method
        from_recipe("emoji", eta=3.0, lr=None)      None leaves a setting to the recipe
        from_recipe("my-settings.toml")             a file of your own

        What only the recipe says, and what has no effect beside `settings`, is left out.
        """
        given = cls.given(settings)
        own = cls._of_recipe(read_recipe(recipe), given)
        both = {**own, **given}
        defaults = {name: one.default for name, one in settings_of(cls).items()}
        before = without_effect(cls, {**defaults, **own})
        moot = without_effect(cls, {**defaults, **both})
        left = {
            name: value
            for name, value in both.items()
            if name in given or name in before or name not in moot
        }
        return cls(**left)

    @classmethod
    def from_provenance(cls, config: Mapping[str, Any]) -> Self:
        """Take the settings that the header of an erased file says; of any version up to this one.

        Raises:
            OptionError: they are not this method's, or of a later version.
        """
        known = settings_of(cls)
        later = [name for name in config if name not in known]
        if later:
            raise OptionError(
                f"this version of unsee does not know the settings {', '.join(later)}; "
                "use the version that wrote them"
            )
        values = cls._checked(cls.spelled_out(config))
        # Earlier versions wrote down what had no effect.
        moot = without_effect(cls, {**{n: one.default for n, one in known.items()}, **values})
        return cls(**{name: value for name, value in values.items() if name not in moot})

    @classmethod
    def check_given(cls, **settings: Any) -> None:
        """Refuse settings that no recipe can make sense of; a model's is not known before it is.

        Raises:
            OptionError: as the constructor, of these settings alone.
        """
        given = cls.given(settings)
        for fault in without_effect(cls, given).values():
            raise OptionError(fault)
        cls.check_together(given)

    @classmethod
    def given(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Take the settings that a user gave, each by itself: those that are not None."""
        given = {name: value for name, value in settings.items() if value is not None}
        cls._check_names("setting", given)
        return cls._checked(cls.spelled_out(given))

    @classmethod
    def _of_recipe(cls, recipe: Recipe, given: Mapping[str, Any]) -> dict[str, Any]:
        """Take what a recipe says for the method and the parameters that are given, or its own."""
        own = cls.spelled_out(recipe.settings)
        default = settings_of(cls)["method"].default
        if own.get("method", default) != default:
            raise OptionError(
                f"recipe {recipe.name} is for method {own['method']}, not for {default}; "
                f"choose another {option('recipe')}"
            )
        cls._check_names(f"setting in recipe {recipe.name}", own)
        chosen = {name: one.default for name, one in settings_of(cls).items()} | own | dict(given)
        for name, table in recipe.tables.items():
            if name not in cls.names_of_method():
                raise unknown_name(f"method in recipe {recipe.name}", name, cls.names_of_method())
            cls._check_names(f"setting in recipe {recipe.name}, table {name}", table)
            said = cls.spelled_out({"method": name, **table})
            if all(chosen[other] == value for other, value in cls._stands_for(name).items()):
                own |= said
        return cls._checked(own)

    @classmethod
    def _stands_for(cls, name: str) -> Mapping[str, Any]:
        return cls.short_names.get(name, {})

    @classmethod
    def _checked(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: settings_of(cls)[name].checked(value) for name, value in values.items()}

    @classmethod
    def _check_names(cls, kind: str, values: Mapping[str, Any]) -> None:
        for name in values:
            if name not in settings_of(cls):
                raise unknown_name(kind, name, settings_of(cls))


@dataclass(frozen=True, kw_only=True)
class EraseStep(Progress):
    """One gradient step that has been made; `seconds` are those since `erase` was called."""

    student: Callable[[], AbstractContextManager[None]]
    """Opens a block in which the model is the student as it is after this step: draw with it there,
    while the callback runs. The result is the same as if nobody had looked."""

    @property
    def step(self) -> int:
        """Its number, from 1."""
        return int(self.done)

    @property
    def steps(self) -> int:
        """How many there will be."""
        return self.total

    @property
    def loss(self) -> float:
        """Before the step."""
        return self.values["loss"]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What an erasure is given beside its settings."""

    provenance: "Callable[[], Provenance]"
    """What the result will say of itself; a state belongs to the same. The first call hashes the
    weights, as they were when the erasure began: leave it to the first file that needs it."""
    progress: Callable[[EraseStep], None] | None = None
    """Is told after each step; a KeyboardInterrupt that it raises stops the work."""
    checkpoint: Path | None = None
    """Where the state is kept, and gone on from."""
    cache: Path | None = None
    """A folder for what further erasures can use."""
    images: "Sequence[Image.Image]" = ()
    """Pictures to erase."""


@runtime_checkable
class Method(Protocol):
    """An algorithm that erases concepts."""

    help: str
    """What it does, in a line."""
    config: type[MethodConfig]
    takes: frozenset[str]
    """What it makes use of: "checkpoint", "cache", "images"; the others are refused."""

    def erase(
        self, model: "Denoiser", concepts: "Sequence[Concept]", config: Any, run: Run
    ) -> "Mapping[str, Tensor]":
        """Return new values of some parameters of `model.network`, which is left as it was.

        By the names that the erased file gives them (unsee.weights.erased).
        """
