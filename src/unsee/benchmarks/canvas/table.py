"""Rows of the canvas as a table, beside what ESD does to Stable Diffusion in UnlearnCanvas.

MEASURES   the rates of a row, by name
Section    artists or objects: a line a concept, means with their spread, the published, the bar
sections   rows -> those of artists, those of objects
table      the same as Markdown
mean       of a measure over rows
read_rows  the file of measured rows
row_key    what tells a row from others
"""

import json
import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unsee.erasing.methods.registry import as_written_now, name_of
from unsee.errors import CheckpointError

ROWS = "rows.jsonl"
"""A measured row in each line."""

MEASURES = ("ua", "ira", "cra", "content")
"""Fields of `canvas.Retention`."""

HEAD = [
    "erased", "UA", "IRA (of unedited)", "CRA (of unedited)", "content kept",
    "judge's FID (unedited)", "seconds", "memory, GB", "file, MB",
]  # fmt: skip

PUBLISHED = {"artist": (98.58, 80.97, 93.96), "object": (92.15, 55.78, 44.23)}
"""UA, IRA, CRA of ESD on Stable Diffusion 1.5, per cent: the UnlearnCanvas benchmark's table."""

PUBLISHED_COST = {"fid": 65.55, "seconds": 6163, "memory": 17.8, "size": 4.3}
"""The same row's FID, seconds, GB of memory and GB of storage."""

BARS = {"artist": (95.0, 92.0, 92.0), "object": (90.0, 85.0, 85.0)}
"""Per cent: UA at least; IRA and CRA at least this part of the unedited model's."""

SECONDS = 90.0
"""An erasure at most, on one core that is free."""


@dataclass(frozen=True)
class Section:
    """What was erased of one kind."""

    kind: str
    settings: str
    """Of the erasures, as people say them."""
    rows: list[dict[str, Any]]
    """As they were measured."""
    lines: list[list[str]]
    """As they are shown, under HEAD."""

    @property
    def names(self) -> list[str]:
        """What was erased."""
        return list(dict.fromkeys(row["target"] for row in self.rows))


def sections(rows: Iterable[dict[str, Any]]) -> list[Section]:
    """Lay rows out: a line per concept, then the means over concepts and seeds."""
    rows = list(rows)
    made = []
    for kind in BARS:
        chosen = [row for row in rows if row["kind"] == kind]
        if not chosen:
            continue
        section = Section(kind, _settings(chosen[0]["config"]), chosen, [])
        for name in section.names:
            section.lines.append(_line(name, [row for row in chosen if row["target"] == name]))
        several = f" of {len(section.names)} {kind}s" if len(section.names) > 1 else ""
        section.lines.append(_line(f"**mean{several}**", chosen))
        section.lines.append(_published(kind))
        ua, ira, cra = BARS[kind]
        bar = ["*the bar of this project*", f"{ua}", f"({ira})", f"({cra})"]
        section.lines.append([*bar, "", "", f"{SECONDS:g}", "", ""])
        made.append(section)
    return made


def table(rows: Iterable[dict[str, Any]]) -> str:
    """Lay rows out as Markdown, a table for each kind."""
    parts = []
    for section in sections(rows):
        lines = [HEAD, ["---"] * len(HEAD), *section.lines]
        parts.append(f"### {section.kind}s, {section.settings}\n\n" + "\n".join(map(_row, lines)))
    return "\n\n".join(parts) + "\n"


def mean(rows: Iterable[dict[str, Any]], measure: str, *, relative: bool = False) -> float:
    """Mean of a measure over rows, per cent; `relative` to the unedited model's."""
    return statistics.mean(_per_cent(row, measure, relative) for row in rows)


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """Read the rows in a folder; none where there is no file.

    Raises:
        CheckpointError: the file is something else.
    """
    path = folder / ROWS
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        rows = [dict(json.loads(line)) for line in lines]
        for row in rows:
            row["config"] = as_written_now(row["config"])
            row_key(row)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{path} cannot be read ({error}); move it away to measure anew"
        ) from error
    return rows


def row_key(row: Mapping[str, Any]) -> str:
    """Say what was erased from which model with which settings."""
    return json.dumps([row["target"], row["model"], row["config"]], sort_keys=True)


def _settings(config: dict[str, Any]) -> str:
    text = f"{name_of(config)} (eta {config['eta']:g}, {config['steps']} steps"
    text += f", lr {config['lr']:g}"
    if config["preserve"] and config["preserve_weight"] != 1:
        text += f", preserve weight {config['preserve_weight']:g}"
    words = {"contexts": "contexts to lose it in", "preserve": "prompts to preserve"}
    told = ["the name", *(said for name, said in words.items() if config[name])]
    return f"{text}; told {' and '.join(told)})"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _line(name: str, rows: list[dict[str, Any]]) -> list[str]:
    cells = [name]
    for measure in MEASURES:
        values = [_per_cent(row, measure, False) for row in rows]
        cell = f"{statistics.mean(values):.1f}"
        if len(values) > 1:
            cell += f" ± {statistics.stdev(values):.1f}"
        if measure in ("ira", "cra"):
            cell += f" ({mean(rows, measure, relative=True):.1f})"
        cells.append(cell)
    fid, before = _mean_of(rows, "fid"), _mean_of(rows, "unedited_fid")
    cells.append("" if fid is None else f"{fid:.2f} ({before:.2f})")
    cells.append(f"{statistics.mean(row['seconds'] for row in rows):.0f}")
    for measure, unit, digits in (("memory", 10**9, 2), ("size", 10**6, 1)):
        spent = _mean_of(rows, measure)
        cells.append("" if spent is None else f"{spent / unit:.{digits}f}")
    return cells


def _mean_of(rows: list[dict[str, Any]], name: str) -> float | None:
    """None where a row lacks it: measured before it was, or where memory cannot be known."""
    values = [row[name] for row in rows if row.get(name) is not None]
    return statistics.mean(values) if len(values) == len(rows) else None


def _published(kind: str) -> list[str]:
    cells = [*map(str, PUBLISHED[kind]), ""]
    cells += [f"{value:g}" for value in PUBLISHED_COST.values()]
    # Stored as a whole model, against a file of changed weights.
    cells[-1] = f"{1000 * PUBLISHED_COST['size']:g}"
    return ["*ESD on SD 1.5, UnlearnCanvas*", *cells]


def _per_cent(row: dict[str, Any], measure: str, relative: bool) -> float:
    hits, trials = row["after"][measure]
    value: float = hits / trials
    if relative:
        before_hits, before_trials = row["unedited"][measure]
        value = value * before_trials / before_hits if before_hits else math.nan
    return 100 * value
