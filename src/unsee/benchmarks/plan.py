"""What an experiment needs to be made: a list of items, in no need of whoever wrote it.

KINDS     what a plan can consist of
Plan      each item once, after what it needs; as JSON and back
"""

import json
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any, Self

from unsee.benchmarks.items import Draw, Erase, Item
from unsee.errors import CheckpointError
from unsee.prompts import PromptSet

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
