"""What an experiment found: numbers, a table as the paper lays it out, panels, sheets, claims.

Outcome    all of it; `save` writes a folder, `read` takes one back
Panel      one plot of the figure
Claim      a sentence of the paper and whether it held here
per_cent   a rate with its interval, as tables show it
number     a mean with its interval, as tables show it
labelled   pictures of several systems as a sheet that says what is what
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from unsee.benchmarks.pictures import Pictures
from unsee.errors import CheckpointError
from unsee.metrics.means import Mean
from unsee.metrics.rates import Rate
from unsee.pictures.sheet import Column, sheet
from unsee.prompts import PromptSet
from unsee.running.files import check_output, writing

RESULT, TABLE, FIGURE, REPORT = "result.json", "table.md", "figure.png", "report.html"
PROMPTS = "prompts.csv"

LARGEST = 128
"""Pixels a side of a picture in a sheet: a dozen columns are to fit on a screen."""

Point = tuple[float, float, float]
"""A value and its interval."""


@dataclass(frozen=True)
class Panel:
    """One plot of the figure: groups along x, a bar or a point of each series at every group."""

    title: str
    groups: Sequence[str]
    series: Mapping[str, Sequence[Point]]
    lines: bool = False
    """Lines through the points in place of bars."""
    along: str = ""
    """What the groups are, below the axis."""


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper and whether it held here."""

    text: str
    holds: bool
    numbers: str


@dataclass
class Outcome:
    """What an experiment found."""

    experiment: str
    title: str
    section: str
    """Of the paper; empty for what it does not have."""
    model: str
    settings: dict[str, Any]
    """All that was chosen, with every seed."""
    facts: dict[str, str]
    """What answered each question."""
    header: list[str]
    rows: list[list[str]]
    """The table, as the paper lays it out; the paper's own numbers are rows of it."""
    numbers: list[dict[str, Any]]
    """The same in full, a record per row that was measured."""
    panels: list[Panel] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sheets: dict[str, Image.Image] = field(default_factory=dict)
    """Pictures to look at, by their caption."""
    files: dict[str, str] = field(default_factory=dict)
    """Texts that belong to the result, by the name of their file."""
    prompts: PromptSet | None = None
    """Every prompt that was drawn, once with each seed."""

    @property
    def table(self) -> str:
        """Markdown."""
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        return "".join(f"| {' | '.join(line)} |\n" for line in lines)

    def save(self, folder: Path) -> None:
        """Write result.json, table.md, the prompts, the sheets and what other files there are."""
        check_output(folder / RESULT, overwrite=True)
        names = {}
        for place, (caption, drawn) in enumerate(self.sheets.items()):
            names[caption] = f"sheet-{place}.png"
            with writing(folder / names[caption], overwrite=True) as temporary:
                # 256 colours are enough to see what is drawn, at a third of the bytes.
                drawn.quantize(256).save(temporary, format="PNG", optimize=True)
        apart = ("sheets", "files", "prompts")
        record = {name: value for name, value in vars(self).items() if name not in apart}
        record["panels"] = [asdict(panel) for panel in self.panels]
        record["claims"] = [asdict(claim) for claim in self.claims]
        record["sheets"] = names
        with writing(folder / RESULT, overwrite=True) as temporary:
            temporary.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
        with writing(folder / TABLE, overwrite=True) as temporary:
            temporary.write_text(self.table, encoding="utf-8")
        for name, text in self.files.items():
            with writing(folder / name, overwrite=True) as temporary:
                temporary.write_text(text, encoding="utf-8")
        if self.prompts is not None:
            self.prompts.write_csv(folder / PROMPTS, overwrite=True)

    @classmethod
    def read(cls, folder: Path) -> "Outcome":
        """Read what `save` wrote, but for files beside it; a CheckpointError if it is no result."""
        try:
            record = json.loads((folder / RESULT).read_text(encoding="utf-8"))
            record["panels"] = [Panel(**panel) for panel in record["panels"]]
            record["claims"] = [Claim(**claim) for claim in record["claims"]]
            sheets = {}
            for caption, name in record["sheets"].items():
                with Image.open(folder / Path(name).name) as drawn:
                    sheets[caption] = drawn.convert("RGB")
            record["sheets"] = sheets
            return cls(**record)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CheckpointError(
                f"{folder} holds no result that can be read ({error}); run the experiment again"
            ) from error


def per_cent(rate: Rate) -> str:
    """`12.3 (10.1-14.9)`: per cent and the 95 % interval."""
    low, high = rate.interval
    return f"{100 * rate.value:.1f} ({100 * low:.1f}-{100 * high:.1f})"


def number(mean: Mean, digits: int = 3) -> str:
    """A mean and its 95 % interval; nothing where there is nothing to take it of."""
    if not mean.count:
        return ""
    return f"{mean.value:.{digits}f} ({mean.low:.{digits}f}-{mean.high:.{digits}f})"


def point(measured: Rate | Mean, times: float = 1.0) -> Point:
    """A value and its interval, as panels take them."""
    if isinstance(measured, Rate):
        return times * measured.value, *(times * bound for bound in measured.interval)  # type: ignore[return-value]
    return times * measured.value, times * measured.low, times * measured.high


def labelled(columns: Mapping[str, Pictures], labels: Sequence[str]) -> Image.Image:
    """Lay out pictures of several systems, a column each; `labels` say what the rows show."""
    side_by_side = [Column(name, list(map(_small, them))) for name, them in columns.items()]
    return sheet(side_by_side, labels, cell=LARGEST)


def _small(picture: Image.Image) -> Image.Image:
    """A picture of at most LARGEST pixels a side."""
    image = picture.copy()
    image.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    return image
