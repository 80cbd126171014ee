"""`python -m unsee.emoji2`: trains `emoji` 2, and asks a run how far it has come.

Its verbs
    train      everything that is missing of a run; the same command goes on where it was stopped
    likeness   the text tower's cosines with the marks' names
    compare    reconstructions against 64 pixels enlarged
    probe      what calls a mark: the issue's conditions before any erasure
    publish    what ships, from what the run holds now
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tyro

from unsee.emoji.fit import load_averages
from unsee.emoji2 import recipe
from unsee.emoji2.enlarged import compare
from unsee.emoji2.implicit import implicit
from unsee.emoji2.implicit_text import text_likeness
from unsee.emoji2.publish import publish
from unsee.emoji2.realms import REALMS
from unsee.emoji2.stages import TrainConfig, load_system
from unsee.emoji2.theatre import Theatre
from unsee.emoji2.train_judge import JudgeStage
from unsee.emoji2.train_tower import TowerStage
from unsee.emoji2.train_vae import VaeStage
from unsee.errors import UnseeError
from unsee.running.progress import Progress


def _train(config: TrainConfig) -> Any:
    """Train everything that is missing of a run."""
    return str(recipe.train(config, _lines))


def _lines(now: Progress) -> None:
    """A line a minute would do; a stage tells every fifty steps."""
    left = "" if now.left is None else f", {now.left / 60:.0f} min left"
    values = " ".join(f"{name} {value:.4f}" for name, value in now.values.items())
    sys.stderr.write(f"{now.what} {now.done:.0f}/{now.total}{left} {values}\n")


def _likeness(config: TrainConfig) -> Any:
    """The text tower's cosines with the marks' names, over held-out settings."""
    stage = TowerStage()
    load_averages(stage, config.run / "tower")
    return {
        realm.name: {
            way: asdict(measured)
            for way, measured in text_likeness(stage.tokenizer, stage.tower, realm).items()
        }
        for realm in REALMS.values()
    }


def _compare(config: TrainConfig) -> Any:
    """The autoencoder's reconstructions against those of 64 pixels, enlarged."""
    theatre = Theatre()
    stage = VaeStage(theatre)
    load_averages(stage, config.run / "vae")
    return {name: asdict(made) for name, made in compare(stage.vae.eval(), theatre).items()}


def _probe(config: TrainConfig, count: int = 100) -> Any:
    """What calls a mark: words, the picture, or the empty prompt."""
    stage = JudgeStage()
    load_averages(stage, config.run / "judge")
    system, theatre = load_system(config), Theatre()
    judge = stage.judge.eval()
    return [asdict(implicit(system, judge, theatre, realm, count)) for realm in REALMS.values()]


def _publish(config: TrainConfig, out: Path | None = None) -> Any:
    """Write what ships from what the run holds now."""
    return str(publish(config, Theatre(), out))


COMMANDS = {
    "train": _train,
    "likeness": _likeness,
    "compare": _compare,
    "probe": _probe,
    "publish": _publish,
}


def main() -> None:
    """Run one command and write its result as JSON."""
    try:
        result = tyro.extras.subcommand_cli_from_dict(COMMANDS, prog="python -m unsee.emoji2")
    except UnseeError as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
