"""UA, IRA and CRA on the way of one erasure of `emoji`.

measured   make a run's steps; stop the clock after some of them and ask the judge
spread     mean and deviation of some values, as a cell of a table
"""

import json
import statistics
import time
from collections.abc import Collection
from typing import Any

import torch

import unsee
from unsee.benchmarks.canvas.canvas import Canvas, Target, look, retention, untrained
from unsee.concepts import Concept
from unsee.emoji.evaluators import Judge
from unsee.erasing.lessons import lessons_of
from unsee.erasing.training import Training
from unsee.running.fingerprints import Identity
from unsee.weights.erased import ErasedWeights
from unsee.weights.provenance import Provenance


def measured(
    config: unsee.EraseConfig, target: Target, at: Collection[int], model: Any, judge: Judge
) -> list[dict[str, Any]]:
    """Erase; returns seconds, UA, IRA and CRA after the steps in `at`.

    The clock is that of the processor. Prompts that the erasure was told are not asked for.
    """
    concept = Concept(target.phrase)
    own, whole = Canvas.of(target), Canvas.whole()
    own = own[(torch.arange(len(own)) % 2 == 0) & untrained(own, target, config)]
    others = (whole.objects % 8 == 1) & ~whole.shows(target)
    kept = whole[others & untrained(whole, target, config)]
    made = Provenance(
        base=model.name,
        base_fingerprints=Identity(model.network.state_dict()).fingerprints,
        concepts=(concept,),
        config=json.loads(json.dumps(vars(config))),
        versions={},
    )
    points = []
    seconds, began = 0.0, time.process_time()
    with Training(model, lessons_of([concept], config), config) as training:
        while training.step < config.steps:
            training.advance()
            if training.step not in at:
                continue
            seconds += time.process_time() - began
            with ErasedWeights(training.result(), made).applied(model):
                gone = retention(own, look(model, own, judge), target)
                left = retention(kept, look(model, kept, judge), target)
            points.append(
                {
                    "step": training.step,
                    "seconds": round(seconds, 2),
                    "ua": gone.ua.value,
                    "ira": left.ira.value,
                    "cra": left.cra.value,
                }
            )
            began = time.process_time()
    return points


def spread(values: list[float]) -> str:
    """Mean, and the deviation where there is one."""
    shown = f"{statistics.mean(values):.1f}"
    return f"{shown} ± {statistics.stdev(values):.1f}" if len(values) > 1 else shown
