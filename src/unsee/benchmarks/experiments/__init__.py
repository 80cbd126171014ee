"""The experiments of the paper, one file each, and the registry of all that there are.

artists.py             Sec. 5.1: styles
explicit.py            Sec. 5.2: what appears without being named
explicit_findings.py   and what is found and said there
objects.py             Sec. 5.3: objects
memorised.py           Sec. 5.4: memorised pictures
strength.py            Sec. 5.5: the effect of eta
paraphrase.py          Sec. 5.6: erased by other words
parameters.py          Fig. 4: which parameters are trained

Each has a plan and a reading; what both go by is a small dataclass of its own.
"""

from typing import Any

from unsee.benchmarks.experiment import Experiment
from unsee.running.registry import Registry

_PAPER = "artists", "explicit", "objects", "memorised", "strength", "paraphrase", "parameters"

EXPERIMENTS: Registry[Experiment[Any]] = Registry(
    "experiment",
    "unsee.experiments",
    {
        **{name: f"unsee.benchmarks.experiments.{name}:EXPERIMENT" for name in _PAPER},
        "canvas": "unsee.benchmarks.canvas.experiment:EXPERIMENT",
    },
    expects=Experiment,
)
"""By name; other packages add to them."""
