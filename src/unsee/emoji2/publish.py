"""What ships, from what a run holds now.

`publish`  model folder, both judges, the card, and what the probes say of it
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from safetensors.torch import save_file
from torch import nn

from unsee.emoji.fit import load_averages
from unsee.emoji2 import cast
from unsee.emoji2.implicit import implicit
from unsee.emoji2.judge import load_judge
from unsee.emoji2.model import save
from unsee.emoji2.realms import REALMS
from unsee.emoji2.results import read_card, write_json
from unsee.emoji2.second_judge import load_second
from unsee.emoji2.stages import TrainConfig, load_system
from unsee.emoji2.theatre import Theatre
from unsee.emoji2.train_judge import JudgeStage, held_out
from unsee.emoji2.train_second import SecondStage, held_out_second
from unsee.emoji2.wide import WideTheatre, wide_drawings
from unsee.running.files import writing

PROBED = 200
"""Pictures of each kind that the probes draw."""


def publish(config: TrainConfig, theatre: Theatre, out: Path | None = None) -> Path:
    """Write the averaged weights of a run, finished or not; returns their folder.

    Raises:
        CheckpointError: a stage has no checkpoint yet.
    """
    out = out or config.run / "out"
    first, second = JudgeStage(), SecondStage()
    load_averages(first, config.run / "judge")
    load_averages(second, config.run / "second")
    _save_half(first.judge, out / "judge.safetensors")
    _save_half(second.judge, out / "second-judge.safetensors")
    load_judge.cache_clear()
    load_second.cache_clear()
    judge = load_judge(out / "judge.safetensors")
    wide = WideTheatre(wide_drawings(config.run / "wide.npy", config.cache))
    card = {
        **read_card(config),
        "objects": len(cast.OBJECTS),
        "artists": list(cast.ARTIST_NAMES),
        "judge_on_held_out_pictures": held_out(judge, theatre, config.exam),
        "second_judge_on_held_out_pictures": held_out_second(
            load_second(out / "second-judge.safetensors"), wide, config.exam
        ),
    }
    write_json(out / "card.json", card)
    system = load_system(config)
    probed = min(PROBED, config.exam)
    measured = [
        asdict(implicit(system, judge, theatre, realm, probed)) for realm in REALMS.values()
    ]
    write_json(out / "implicit.json", measured)
    # Last: the model is halved where it lies.
    save(system, out / "model")
    return out


def _save_half(judge: nn.Module, path: Path) -> None:
    weights = {name: value.half().contiguous() for name, value in judge.state_dict().items()}
    with writing(path, overwrite=True) as temporary:
        save_file(weights, temporary)
