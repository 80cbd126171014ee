"""What an experiment needs to be made: a list of items, in no need of whoever wrote it.

Picture   a picture that is to be erased, as bytes
Erase     an erasure
Draw      a prompt set drawn, by a model as it is or with an erasure applied
Item      one of them, or of the kinds that come later: KINDS
Plan      each item once, after what it needs; as JSON and back

A key says all that an item's result depends on, so equal items of any experiments are made once.
The seed of every kind of chance is in the item: in what order they are made, where and beside what
changes nothing.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

from PIL import Image

from unsee.concepts import slug
from unsee.errors import CheckpointError
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


KINDS: dict[str, type[Item]] = {"erase": Erase, "draw": Draw}
"""What a plan can consist of, by the name that its JSON has for it."""


class Plan(Sequence[Item]):
    """Items, each once, after what it needs; else in the order in which they were given."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._items: dict[str, Item] = {}
        for item in items:
            self._add(item)

    def _add(self, item: Item) -> None:
        for needed in item.needs:
            self._add(needed)
        self._items.setdefault(item.key, item)

    def __getitem__(self, place: Any) -> Any:
        return list(self._items.values())[place]

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    @property
    def keys(self) -> Set[str]:
        """Of all items."""
        return self._items.keys()

    @property
    def erasures(self) -> list[Erase]:
        """All erasures, in order."""
        return [item for item in self if isinstance(item, Erase)]

    @property
    def draws(self) -> list[Draw]:
        """All prompt sets, in order."""
        return [item for item in self if isinstance(item, Draw)]

    @property
    def pictures(self) -> int:
        """How many are drawn."""
        return sum(len(draw.prompts) for draw in self.draws)

    @property
    def prompts(self) -> PromptSet:
        """Every prompt that is drawn by any system, once with each seed."""
        rows = [row for draw in self.draws for row in draw.prompts]
        return PromptSet.numbered(dict.fromkeys((row.prompt, row.seed, row.group) for row in rows))

    def to_json(self) -> str:
        """One line for each item: its kind, its key and what it consists of."""
        names = {kind: name for name, kind in KINDS.items()}
        return "".join(
            json.dumps({"kind": names[type(item)], "key": item.key, **item.record()}) + "\n"
            for item in self
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            CheckpointError: it is something else, or of a version that keys items otherwise.
        """
        made: dict[str, Item] = {}
        for line in text.splitlines():
            try:
                record = json.loads(line)
                kind, key = record.pop("kind"), record.pop("key")
                item = KINDS[kind].from_record(record, made)
            except (ValueError, KeyError, TypeError) as error:
                raise CheckpointError(
                    f"a line of the plan cannot be read ({error!r}); make the plan again"
                ) from error
            if item.key != key:
                raise CheckpointError(
                    f"the plan calls an item {key}, and here it is {item.key}; make the plan again"
                )
            made[key] = item
        return cls(made.values())


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
