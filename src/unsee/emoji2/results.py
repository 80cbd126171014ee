"""What a run says of itself, as files of text.

`write_json`   a table, its numbers rounded
`last_row`     the last line of a stage's log
`read_card`    where weights come from: settings, steps and hours of every stage
`RunOptions`   what it asks of a run's options
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from unsee.running.files import writing

STAGES = ("tower", "vae", "judge", "second", "denoiser", "decoder")


class RunOptions(Protocol):
    """The options of a run: a FitConfig for each of STAGES, by its name, and these."""

    @property
    def run(self) -> Path:
        """Where it lies."""

    @property
    def seed(self) -> int:
        """Of everything random."""

    @property
    def pictures(self) -> int:
        """How many the denoiser trains on."""


def write_json(path: Path, table: Any) -> None:
    """Write a table, numbers to four places."""
    with writing(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(_rounded(table), indent=1) + "\n")


def last_row(stage: Path) -> dict[str, Any]:
    """The last line of the log in a stage's folder."""
    row: dict[str, Any] = json.loads((stage / "log.jsonl").read_text().splitlines()[-1])
    return row


def read_card(config: RunOptions) -> dict[str, Any]:
    """Settings, steps and hours of every stage that a run has begun."""
    stages = {}
    for name in STAGES:
        if (config.run / name / "log.jsonl").exists():
            last = last_row(config.run / name)
            hours = round(last.pop("seconds") / 3600, 2)
            stages[name] = {
                "settings": asdict(getattr(config, name)),
                "hours_on_one_core": hours,
                "last": last,
            }
    return {"seed": config.seed, "pictures": config.pictures, "stages": stages}


def _rounded(table: Any) -> Any:
    if isinstance(table, dict):
        return {name: _rounded(value) for name, value in table.items()}
    if isinstance(table, list | tuple):
        return [_rounded(value) for value in table]
    return round(table, 4) if isinstance(table, float) else table
