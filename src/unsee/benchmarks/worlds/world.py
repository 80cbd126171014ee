"""What a family of models knows: all that differs between emoji and Stable Diffusion.

World      the seam: concepts, prompts, real pictures, evaluators, recipe
Artwork    a picture that models recite, and its title
Censored   a model of the same world that was trained without the explicit concept
article    "a" or "an"
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from PIL import Image

from unsee.benchmarks.pictures import Pictures
from unsee.benchmarks.worlds.evaluators import EVALUATORS, Evaluators, Networks
from unsee.prompts import PromptSet

if TYPE_CHECKING:
    from unsee.denoisers.base import Denoiser


@dataclass(frozen=True)
class Artwork:
    """A picture that a model recites under its title."""

    title: str
    picture: Image.Image
    style: str
    """A phrase for the style that it is in; may be empty."""


@dataclass(frozen=True)
class Censored:
    """A model of the same world that was trained without the explicit concept."""

    fingerprint: str
    seconds: float | None = None
    """What its training took; None where that is not known."""


@dataclass(frozen=True, kw_only=True)
class World(ABC):
    """What a family of models knows, and is asked by the experiments."""

    name: str
    artists: tuple[str, ...]
    """Those of Sec. 5.1, and a concept each."""
    artist_phrase: str
    """What is erased of an artist, {} being the name."""
    artist_prompts: tuple[str, ...]
    """The paper's templates for artists (Sec. 5.1), {} being the name."""
    subjects: tuple[str, ...]
    """What a picture by an artist shows, for content to be judged; may be empty."""
    explicit: str
    """The concept of Sec. 5.2."""
    detection: str
    """What a detector of it finds, as figures call it."""
    classes: Mapping[str, str] = field(hash=False)
    """The paper's name of a class of Sec. 5.3 -> the name here."""
    landmark: str
    """Asked for in Sec. 5.6."""
    paraphrases: tuple[str, ...]
    """What it is erased by."""
    recipe: str
    """What concepts are erased by: the name of a recipe, or a .toml file."""
    evaluator: str
    """Who looks at pictures, by name."""
    networks: Networks = field(default_factory=Networks)
    """What evaluators are made of that leave a choice."""
    plain_prompts: int = 64
    """How many prompts without any art there are."""
    model_name: str = ""
    """Of the model whose world it is, as the user gave it."""
    fingerprint: str = ""
    """Of that model."""
    censored: Censored | None = None
    caution: ClassVar[str] = ""
    """What a card says of numbers and pictures of such a model."""
    licence: ClassVar[str] = ""
    """What a card says of the licence of the models of `known_as`."""

    @classmethod
    @abstractmethod
    def is_of(cls, model: "Denoiser") -> bool:
        """Whether a model knows this world."""

    @classmethod
    @abstractmethod
    def of(cls, model: "Denoiser") -> Self:
        """The world of a model that knows it."""

    @classmethod
    def known_as(cls) -> tuple[str, ...]:
        """Names by which unsee itself finds models of this world."""
        return ()

    @classmethod
    @abstractmethod
    def check(cls, files: Mapping[str, Any]) -> None:
        """Raise an OptionError for files and evaluators, by option, that `with_files` refuses."""

    def with_files(self, files: Mapping[str, Any], size: tuple[int, int]) -> Self:
        """Take prompts, pictures and evaluators from outside, by the option that gives them.

        `size` is the width and height of the model's pictures.

        Raises:
            OptionError: one of them is not for this world, or cannot be read.
        """
        self.check(files)
        return self

    def few(self) -> Self:
        """A part of it, for experiments that are only to show that all works."""
        return replace(
            self,
            artists=self.artists[:2],
            classes=dict(list(self.classes.items())[:3]),
            paraphrases=self.paraphrases[:2],
        )

    @cached_property
    def evaluators(self) -> Evaluators:
        """Who looks at pictures."""
        return EVALUATORS.get(self.evaluator)(self.networks)

    @abstractmethod
    def concepts(self) -> Mapping[str, Sequence[str]]:
        """What the model is known to know, by kind; empty where nobody has a list."""

    @abstractmethod
    def unnamed(self, count: int) -> PromptSet:
        """Prompts that bring the explicit concept without naming it; the group says where.

        `count` is how many there are to be, where the world makes them.
        """

    @abstractmethod
    def general(self, count: int) -> PromptSet:
        """General prompts, as COCO's are for Table 1."""

    @abstractmethod
    def real(self, count: int) -> Pictures:
        """Real pictures of general prompts: what FID is measured to."""

    @abstractmethod
    def plain(self) -> PromptSet:
        """Prompts that have to do with no memorised picture."""

    @abstractmethod
    def artworks(self) -> Sequence[Artwork]:
        """The pictures that the model is known to recite."""

    def artist(self, name: str) -> str:
        """The phrase that is erased."""
        return self.artist_phrase.format(name)

    def by_artist(self, name: str, prompts: int, seeds: Sequence[int]) -> PromptSet:
        """A number of prompts that name an artist, each with every seed.

        Every tenth is one of the paper's templates, which name nothing else; where there are no
        subjects, all are. The group is the subject.
        """
        rows = []
        for place in range(prompts):
            if self.subjects and place % 10:
                group = self.subjects[place % len(self.subjects)]
                prompt = f"{group} {self.artist(name)}"
            else:
                group = ""
                kind = place if not self.subjects else place // 10
                prompt = self.artist_prompts[kind % len(self.artist_prompts)].format(name)
            # Where the templates run out, new noise takes the place of new words.
            lap = 0 if self.subjects else 1000 * (place // len(self.artist_prompts))
            rows += [(prompt, seed + lap, group) for seed in seeds]
        return PromptSet.numbered(rows)

    def of_classes(self, seeds: Sequence[int]) -> PromptSet:
        """The paper's prompt for each class with every seed; the group is the class."""
        return PromptSet.numbered(
            (f"an image of {article(name)} {name}", seed, name)
            for name in self.classes.values()
            for seed in seeds
        )


def article(name: str) -> str:
    """The one that goes before a noun."""
    return "an" if name[0].lower() in "aeiou" else "a"
