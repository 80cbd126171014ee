"""What to draw: rows of prompt and seed, and the CSV files that hold them.

PromptRow   one picture to draw
PromptSet   the rows, in order; `cross` and `numbered` make them, `read_csv` and `write_csv`
            carry them
COLUMNS     the columns of the CSV file, and which of them a file must have
DRAWN_AT_ONCE   how many rows share a batch, unless one asks otherwise
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from unsee.errors import OptionError, unknown_name
from unsee.running.files import writing

DRAWN_AT_ONCE = 16

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class PromptRow:
    """One picture to draw."""

    id: str
    """Unique in the set; the picture's file is named after it."""
    prompt: str
    """What the model is asked for. May be empty: the unconditional picture."""
    seed: int
    """Seed of the picture's starting noise."""
    group: str = ""
    """A label to sum results by, such as the concept that the prompt asks for."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Each label, where the group names several with ", " between, as I2P's categories do."""
        return tuple(self.group.split(", "))

    def __post_init__(self) -> None:
        """Refuse ids that are no file names, and seeds that torch cannot take."""
        if not _ID.fullmatch(self.id):
            raise OptionError(
                f"id {self.id!r} cannot name a file; use letters, digits, '.', '_' and '-'"
            )
        if not 0 <= self.seed < 2**63:
            raise OptionError(f"seed {self.seed} of row {self.id} is not between 0 and 2**63 - 1")


COLUMNS = tuple(field.name for field in fields(PromptRow))
REQUIRED_COLUMNS = ("prompt", "seed")


@dataclass(frozen=True)
class PromptSet:
    """Pictures to draw, in order, each with an id of its own."""

    rows: tuple[PromptRow, ...]

    def __post_init__(self) -> None:
        """Refuse an empty set and ids that occur twice."""
        if not self.rows:
            raise OptionError("the prompt set is empty; give it at least one prompt")
        twice = [id for id, count in Counter(row.id for row in self.rows).items() if count > 1]
        if twice:
            raise OptionError(f"id {twice[0]!r} occurs twice; each row needs an id of its own")

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[PromptRow]:
        return iter(self.rows)

    @property
    def prompts(self) -> list[str]:
        """The prompt of each row."""
        return [row.prompt for row in self.rows]

    @property
    def seeds(self) -> list[int]:
        """The seed of each row."""
        return [row.seed for row in self.rows]

    @classmethod
    def cross(cls, prompts: Sequence[str], seeds: Sequence[int], group: str = "") -> "PromptSet":
        """Every prompt with every seed, prompt by prompt; ids are running numbers."""
        return cls.numbered((prompt, seed, group) for prompt in prompts for seed in seeds)

    @classmethod
    def numbered(cls, rows: Iterable[tuple[str, int, str]]) -> "PromptSet":
        """Make a set of (prompt, seed, group); ids are running numbers."""
        return cls(
            tuple(
                PromptRow(_running_id(number), prompt, seed, group)
                for number, (prompt, seed, group) in enumerate(rows)
            )
        )

    @classmethod
    def read_csv(cls, path: str | Path) -> "PromptSet":
        """Read a CSV file: `prompt` and `seed` in each row, `id` and `group` if it has them."""
        path = Path(path)
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file, strict=True)
                _check_columns(path, list(reader.fieldnames or ()))
                return cls(
                    tuple(
                        _row(f"{path}, line {reader.line_num}", number, record)
                        for number, record in enumerate(reader)
                    )
                )
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise OptionError(f"cannot read {path} as CSV: {reason}") from error

    def write_csv(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write a CSV file with all columns; `read_csv` gives the same set back."""
        with (
            writing(Path(path), overwrite=overwrite) as temporary,
            temporary.open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(astuple(row) for row in self.rows)


def _running_id(number: int) -> str:
    return f"{number:05d}"


def _check_columns(path: Path, found: list[str]) -> None:
    listed = ", ".join(found) or "none"
    missing = [column for column in REQUIRED_COLUMNS if column not in found]
    if missing:
        raise OptionError(f"{path} lacks the column {', '.join(missing)}; it has: {listed}")
    for column in found:
        if column not in COLUMNS:
            raise unknown_name(f"column in {path}", column, COLUMNS)


def _row(place: str, number: int, record: dict[str, str | None]) -> PromptRow:
    # csv files the surplus cells under the key None, and fills up missing ones with None.
    if None in record or None in record.values():
        raise OptionError(f"{place}: the number of cells is not the number of columns")
    cells = {column: cell or "" for column, cell in record.items()}
    try:
        seed = int(cells["seed"])
    except ValueError as error:
        raise OptionError(f"{place}: the seed {cells['seed']!r} is not a whole number") from error
    return PromptRow(
        id=cells.get("id") or _running_id(number),
        prompt=cells["prompt"],
        seed=seed,
        group=cells.get("group", ""),
    )
