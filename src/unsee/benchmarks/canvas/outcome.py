"""The canvas as a result: its table, a figure for each kind, the bars that it has to meet.

canvas_outcome   rows of experiment.py -> Outcome
"""

import statistics
from collections.abc import Mapping
from typing import Any

from unsee.benchmarks.canvas.table import BARS, HEAD, MEASURES, SECONDS, Section, mean, sections
from unsee.benchmarks.outcome import Claim, Outcome, Panel, point
from unsee.erasing.erase import versions
from unsee.erasing.methods.registry import name_of
from unsee.metrics.rates import Rate

PROTOCOL = (
    "UA, IRA and CRA as UnlearnCanvas (Zhang et al. 2024) defines them, in per cent; in "
    "parentheses, in per cent of the unedited model's. Every object is drawn by every artist; "
    "what an erasure was told of is not counted."
)

_SHOWN = {"ua": "UA", "ira": "IRA", "cra": "CRA"}


def canvas_outcome(rows: list[dict[str, Any]], model: str, facts: Mapping[str, str]) -> Outcome:
    """Lay out what was measured; `rows` are of one configuration."""
    parts = sections(rows)
    return Outcome(
        experiment="canvas",
        title=f"{' and '.join(f'{part.kind}s' for part in parts).capitalize()} of the canvas",
        section="",
        model=model,
        settings={
            "model fingerprint": rows[0]["model"],
            "targets": [name for part in parts for name in part.names],
            "seeds": sorted({row["config"]["seed"] for row in rows}),
            "erasures": {f"{part.kind}s": part.rows[0]["config"] for part in parts},
            "versions": versions(),
        },
        facts=dict(facts),
        header=HEAD,
        rows=[line for part in parts for line in part.lines],
        numbers=[
            {"seed": row["config"]["seed"]}
            | {name: value for name, value in row.items() if name not in ("config", "model")}
            for row in rows
        ],
        panels=[_panel(part) for part in parts],
        claims=[claim for part in parts for claim in _claims(part)],
        notes=[
            PROTOCOL,
            *(f"The {part.kind}s were erased by {part.settings}." for part in parts),
        ],
    )


def _panel(part: Section) -> Panel:
    """UA, IRA and CRA of every concept, over its seeds."""
    series = {}
    for measure, shown in _SHOWN.items():
        series[shown] = [
            point(_pooled([row for row in part.rows if row["target"] == name], measure), 100)
            for name in part.names
        ]
    return Panel(f"{part.kind}s erased, {name_of(part.rows[0]['config'])}, %", part.names, series)


def _pooled(rows: list[dict[str, Any]], measure: str) -> Rate:
    return sum((Rate(*row["after"][measure]) for row in rows), Rate(0, 0))


def _claims(part: Section) -> list[Claim]:
    claims = []
    for measure, bar in zip(MEASURES, BARS[part.kind], strict=False):
        relative = measure != "ua"
        value = mean(part.rows, measure, relative=relative)
        of = " of the unedited model's" if relative else ""
        text = f"{part.kind}s: {_SHOWN[measure]} is at least {bar:g} %{of}"
        claims.append(Claim(text, value >= bar, f"{value:.1f} %"))
    took = statistics.mean(row["seconds"] for row in part.rows)
    text = f"{part.kind}s: an erasure takes at most {SECONDS:g} seconds"
    return [*claims, Claim(text, took <= SECONDS, f"{took:.0f}")]
