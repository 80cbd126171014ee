"""The systems that the paper compares: rows of its tables.

Terms     what the erasures and drawings of an experiment have in common
System    one way to keep a model from drawing a concept, by name; its items of a plan
systems   what there is
seeded    settings of an erasure with another seed
distinct  names -> systems, each once
erasers   the same, of those that keep a concept away

    unedited            the model as it is
    esd-x esd-u-3 ...   a method, and perhaps its eta: erased from the weights
    sld-medium          SLD with one of its four configurations, at sampling time
    negative            the concept as the negative prompt
    censored            another model, trained without the concept
    filter              the unedited model, and pictures that a detector flags are withheld
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from unsee.benchmarks.items import Draw, Erase, Picture
from unsee.erasing.methods.base import MethodConfig
from unsee.erasing.methods.registry import config_of, configured, full_name, method_names
from unsee.erasing.settings import settings_of, without_effect
from unsee.errors import OptionError, option, unknown_name
from unsee.prompts import DRAWN_AT_ONCE, PromptSet

if TYPE_CHECKING:
    from PIL import Image

    from unsee.benchmarks.worlds.world import World

UNEDITED, CENSORED, FILTER, NEGATIVE = "unedited", "censored", "filter", "negative"
DEFAULT_ETA = 1.0
"""As the paper: ESD-x and ESD-u without a number."""


def systems() -> tuple[str, ...]:
    """List what may be named; an eta may follow a method."""
    from unsee.sampling.guidance import SLD

    return (UNEDITED, *method_names(), *(f"sld-{name}" for name in SLD), NEGATIVE, CENSORED, FILTER)


@dataclass(frozen=True)
class Terms:
    """What all erasures and drawings of an experiment have in common."""

    seed: int = 0
    """Of the erasures."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the erasures, in place of the recipe's."""
    batch_size: int = DRAWN_AT_ONCE
    """Pictures drawn at once."""
    quick_steps: int | None = None
    """Steps of an erasure by a method that has steps, where `settings` do not say."""


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

    @classmethod
    def named(cls, name: str) -> Self:
        """Find a system by its name; an eta may follow a method, as in esd-u-3."""
        from unsee.sampling.guidance import SLD

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
        if name not in systems():
            hint = "an eta may follow a method, as in esd-u-3"
            raise unknown_name("system", name, systems(), hint=hint)
        return cls(name)

    @property
    def negative(self) -> bool:
        """Whether the concept is the negative prompt."""
        return self.name == NEGATIVE

    @property
    def censored(self) -> bool:
        """Whether the other model draws."""
        return self.name == CENSORED

    @property
    def filtered(self) -> bool:
        """Whether flagged pictures are withheld."""
        return self.name == FILTER

    @property
    def acts(self) -> bool:
        """Whether it is told a concept, to keep it away: by weights, or while it draws."""
        return self.method is not None or self.sld is not None or self.negative

    def erase(
        self,
        world: "World",
        terms: Terms,
        phrases: Sequence[str],
        images: Sequence["Image.Image"] = (),
        **settings: Any,
    ) -> Erase:
        """The erasure of `phrases`; `settings` go before those of the terms."""
        assert self.method is not None
        known = settings_of(config_of(self.method))
        own = {"eta": self.eta, "steps": terms.quick_steps}
        chosen = {
            "method": self.method,
            **{name: value for name, value in own.items() if name in known},
            **terms.settings,
            **settings,
        }
        config = seeded(configured(None, world.recipe, chosen), terms.seed)
        pictures = tuple(map(Picture.of, images))
        return Erase(world.fingerprint, self.name, tuple(phrases), config, pictures)

    def draw(
        self,
        world: "World",
        terms: Terms,
        phrases: Sequence[str],
        prompts: PromptSet,
        erasure: Erase | None = None,
    ) -> Draw:
        """The pictures of a prompt set while `phrases` are kept away.

        `erasure` is one with settings of its own.

        Raises:
            OptionError: no model is there for the system `censored`.
        """
        model = world.fingerprint
        if self.censored:
            if world.censored is None:
                raise OptionError(
                    f"the system censored needs a model; give {option('censored_model')}"
                )
            model = world.censored.fingerprint
        if self.method is not None and erasure is None:
            erasure = self.erase(world, terms, phrases)
        return Draw(
            model,
            # A filter only looks at the pictures of the unedited model.
            UNEDITED if self.filtered else self.name,
            prompts,
            tuple(phrases) if self.acts else (),
            erasure,
            self.negative,
            self.sld,
            terms.batch_size,
        )


def seeded(config: MethodConfig, seed: int) -> MethodConfig:
    """Put a seed in the place of every seed that has an effect."""
    known = settings_of(type(config))
    seeds: dict[str, Any] = {name: seed for name in ("seed", "rollout_seed") if name in known}
    for name in without_effect(type(config), {**vars(config), **seeds}):
        seeds.pop(name, None)
    return replace(config, **seeds)


def distinct(names: Sequence[str]) -> list[System]:
    """Find systems by their names; an OptionError where one is named twice."""
    for name in names:
        if names.count(name) > 1:
            raise OptionError(f"the system {name} is named twice")
    return [System.named(name) for name in names]


def erasers(names: Sequence[str]) -> list[System]:
    """Find systems that keep a concept away; what the others are compared with is none."""
    found = distinct(names)
    for system in found:
        if not system.acts:
            raise OptionError(
                f"the system {system.name} erases nothing that this experiment asks for"
            )
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
