"""Rows of the canvas as Markdown, beside what ESD does to Stable Diffusion in UnlearnCanvas.

MEASURES   the rates of a row, by name
table      a line a concept, means with their spread; a part for artists, one for objects
mean       of a measure over rows
"""

import math
import statistics
from collections.abc import Iterable
from typing import Any

MEASURES = ("ua", "ira", "cra", "content")
"""Fields of `canvas.Retention`."""

HEAD = (
    "| erased | UA | IRA (of unedited) | CRA (of unedited) | content kept "
    "| FID (unedited) | seconds | memory, GB | file, MB |"
)

PUBLISHED = {"artist": (98.58, 80.97, 93.96), "object": (92.15, 55.78, 44.23)}
"""UA, IRA, CRA of ESD on Stable Diffusion 1.5, per cent: the UnlearnCanvas benchmark's table."""

PUBLISHED_COST = {"fid": 65.55, "seconds": 6163, "memory": 17.8, "size": 4.3}
"""The same row's FID, seconds, GB of memory and GB of storage."""

BARS = {"artist": (95.0, 92.0, 92.0), "object": (90.0, 85.0, 85.0)}
"""Per cent: UA at least; IRA and CRA at least this part of the unedited model's."""


def table(rows: Iterable[dict[str, Any]]) -> str:
    """Lay rows out as Markdown: a line per concept, then the means over concepts and seeds."""
    rows = list(rows)
    parts = []
    for kind in BARS:
        chosen = [row for row in rows if row["kind"] == kind]
        if not chosen:
            continue
        method = chosen[0]["config"]["method"]
        first = chosen[0]["config"]
        settings = f"eta {first['eta']:g}, {first['steps']} steps, lr {first['lr']:g}"
        if first["preserve"] and first["preserve_weight"] != 1:
            settings += f", preserve weight {first['preserve_weight']:g}"
        told = [name for name in ("contexts", "preserve") if chosen[0]["config"][name]]
        lines = [
            f"### {kind}s, {method} ({settings}; told {_told(told)})",
            "",
            HEAD,
            "|---|---|---|---|---|---|---|---|---|",
        ]
        for name in dict.fromkeys(row["target"] for row in chosen):
            same = [row for row in chosen if row["target"] == name]
            lines.append(_line(name, same))
        lines.append(_line("**mean**", chosen))
        lines.append(_published(kind))
        ua, ira, cra = BARS[kind]
        lines.append(f"| *the bar of this project* | {ua} | ({ira}) | ({cra}) | | | 90 | | |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def mean(rows: Iterable[dict[str, Any]], measure: str, *, relative: bool = False) -> float:
    """Mean of a measure over rows, per cent; `relative` to the unedited model's."""
    return statistics.mean(_per_cent(row, measure, relative) for row in rows)


def _told(told: list[str]) -> str:
    words = {"contexts": "contexts to lose it in", "preserve": "prompts to preserve"}
    return " and ".join(["the name", *(words[name] for name in told)])


def _line(name: str, rows: list[dict[str, Any]]) -> str:
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
    return "| " + " | ".join(cells) + " |"


def _mean_of(rows: list[dict[str, Any]], name: str) -> float | None:
    """None where a row lacks it: measured before it was, or where memory cannot be known."""
    values = [row[name] for row in rows if row.get(name) is not None]
    return statistics.mean(values) if len(values) == len(rows) else None


def _published(kind: str) -> str:
    cells = [*map(str, PUBLISHED[kind]), ""]
    cells += [f"{value:g}" for value in PUBLISHED_COST.values()]
    # Stored as a whole model, against a file of changed weights.
    cells[-1] = f"{1000 * PUBLISHED_COST['size']:g}"
    return "| *ESD on SD 1.5, UnlearnCanvas* | " + " | ".join(cells) + " |"


def _per_cent(row: dict[str, Any], measure: str, relative: bool) -> float:
    hits, trials = row["after"][measure]
    value: float = hits / trials
    if relative:
        before_hits, before_trials = row["unedited"][measure]
        value = value * before_trials / before_hits if before_hits else math.nan
    return 100 * value
