"""What experiments need to be made, each by itself.

Picture   a picture that is to be erased, as bytes
Item      something to be made: what all kinds have in common
Erase     an erasure
Draw      a prompt set drawn, by a model as it is or with an erasure applied

A key says all that an item's result depends on, so equal items of any experiments are made once.
The seed of every kind of chance is in the item: in what order they are made, where and beside what
changes nothing.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

from PIL import Image

from unsee.concepts import slug
from unsee.prompts import DRAWN_AT_ONCE, PromptRow, PromptSet

if TYPE_CHECKING:
    from unsee.erasing.methods.base import MethodConfig


@dataclass(frozen=True)
class Picture:
    """A picture that is to be erased."""

    width: int
    height: int
    rgb: bytes
    """Three for each pixel, row by row."""

    @classmethod
    def of(cls, image: Image.Image) -> Self:
        """Take what an image shows."""
        return cls(*image.size, image.convert("RGB").tobytes())

    @property
    def image(self) -> Image.Image:
        """The same for Pillow."""
        return Image.frombytes("RGB", (self.width, self.height), self.rgb)

    @cached_property
    def sha256(self) -> str:
        """Of its pixels."""
        return hashlib.sha256(self.rgb).hexdigest()


class Item(Protocol):
    """Something to be made."""

    @property
    def model(self) -> str:
        """Fingerprint of the model that it is made with."""

    @property
    def key(self) -> str:
        """A name for its files: words to find it by, and a hash of all that decides the result."""

    @property
    def needs(self) -> "tuple[Item, ...]":
        """What has to be made before it."""

    def record(self) -> dict[str, Any]:
        """Everything, for JSON; of what it needs, the keys."""

    @classmethod
    def from_record(cls, record: Mapping[str, Any], made: "Mapping[str, Item]") -> Self:
        """Read what `record` gave; `made` has what it needs, by key."""


@dataclass(frozen=True)
class Erase:
    """An erasure: which concepts from which model, and how."""

    model: str
    """Fingerprint of the model that is erased from."""
    system: str
    """The row of a table that it belongs to: esd-x-3."""
    phrases: tuple[str, ...]
    """The concepts."""
    config: "MethodConfig"
    images: tuple[Picture, ...] = ()
    """What source `images` trains on."""

    @cached_property
    def key(self) -> str:
        """Words of the concepts, the system, a hash."""
        facts = [self.model, _settings(self.config), self.phrases, *self.hashes]
        return f"{slug(' '.join(self.phrases))}-{self.system}-{_hash(facts)}"

    @property
    def hashes(self) -> list[str]:
        """Of the pictures."""
        return [picture.sha256 for picture in self.images]

    @property
    def needs(self) -> tuple[Item, ...]:
        """Nothing: every erasure starts from the original."""
        return ()

    def record(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "model": self.model,
            "system": self.system,
            "phrases": list(self.phrases),
            "config": asdict(self.config),
            "images": [
                [one.width, one.height, base64.b64encode(one.rgb).decode()] for one in self.images
            ],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any], made: Mapping[str, Item]) -> Self:
        """Read what `record` gave."""
        from unsee.erasing.methods.registry import recorded

        return cls(
            record["model"],
            record["system"],
            tuple(record["phrases"]),
            recorded(record["config"]),
            tuple(
                Picture(width, height, base64.b64decode(rgb))
                for width, height, rgb in record["images"]
            ),
        )


@dataclass(frozen=True)
class Draw:
    """A prompt set, drawn with the model's own number of steps and guidance."""

    model: str
    """Fingerprint of the model that draws."""
    system: str
    """Which kind of system this is: unedited, esd-x-3, sld-max."""
    prompts: PromptSet
    phrases: tuple[str, ...] = ()
    """The concepts that are kept away; none where the model draws as it is."""
    erasure: Erase | None = None
    """What is applied to the model."""
    negative: bool = False
    """Whether the concepts are the negative prompt."""
    sld: str | None = None
    """The configuration of SLD that steers away from the concepts."""
    batch_size: int = DRAWN_AT_ONCE
    """Pictures drawn at once: other numbers round differently in the last bits."""

    @cached_property
    def key(self) -> str:
        """Words of the concepts, the system, a hash."""
        facts: list[Any] = [
            self.system, self.phrases or "", self.prompts.prompts, self.prompts.seeds,
        ]  # fmt: skip
        if self.erasure is not None:
            facts += [_settings(self.erasure.config), *self.erasure.hashes]
        # Left out at its default: folders are older than this fact.
        if self.batch_size != DRAWN_AT_ONCE:
            facts.append(self.batch_size)
        words = f"{slug(' '.join(self.phrases))}-{self.system}" if self.phrases else self.system
        return f"{words}-{_hash([self.model, facts])}"

    @property
    def concept(self) -> str:
        """All that is kept away, in a line."""
        return ", ".join(self.phrases)

    @property
    def needs(self) -> tuple[Item, ...]:
        """The erasure."""
        return () if self.erasure is None else (self.erasure,)

    def record(self) -> dict[str, Any]:
        """Everything, for JSON; of the erasure, its key."""
        return {
            **{name: value for name, value in vars(self).items() if name != "key"},
            "prompts": [list(vars(row).values()) for row in self.prompts],
            "phrases": list(self.phrases),
            "erasure": None if self.erasure is None else self.erasure.key,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any], made: Mapping[str, Item]) -> Self:
        """Read what `record` gave."""
        erasure = None if record["erasure"] is None else made[record["erasure"]]
        changes = {
            "prompts": PromptSet(tuple(PromptRow(*row) for row in record["prompts"])),
            "phrases": tuple(record["phrases"]),
            "erasure": erasure,
        }
        return cls(**{**record, **changes})


_FIRST_NAMES = {"esd-selfattn": "selfattn", "esd-full": "full"}


def _settings(config: "MethodConfig") -> dict[str, Any]:
    """Settings as keys have had them from the first: the parameters are in the method's name.

    Whoever has a folder of erasures finds them again.
    """
    settings = asdict(config)
    settings.pop("parameters", None)
    return {**settings, "method": _FIRST_NAMES.get(config.name, config.name)}


def _hash(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
