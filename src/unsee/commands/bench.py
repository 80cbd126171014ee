"""`unsee bench artists | explicit | ...`: the experiments, each a folder of rows and a table.

BENCH   verb -> function; the verbs are the names of the experiments, plug-ins among them
bench   load, conduct, save, say where the result lies
"""

import importlib.util
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from unsee.benchmarks.experiment import Experiment
from unsee.benchmarks.experiments import EXPERIMENTS
from unsee.benchmarks.options import Run, files_of
from unsee.commands import console
from unsee.errors import MissingExtra

RESULTS = Path("benchmarks/results")

Command = Callable[[Any], None]


class _Bench(Mapping[str, Command]):
    """The experiments as commands; each is imported when it is asked for."""

    def __getitem__(self, name: str) -> Command:
        experiment = EXPERIMENTS.get(name)

        def run(options: Run) -> None:
            bench(experiment, options)

        run.__doc__ = experiment.help
        run.__annotations__["options"] = experiment.options
        return run

    def __iter__(self) -> Iterator[str]:
        return iter(EXPERIMENTS)

    def __len__(self) -> int:
        return len(EXPERIMENTS.names())

    def __contains__(self, name: object) -> bool:
        return name in EXPERIMENTS


BENCH = _Bench()


def bench(experiment: Experiment[Any], options: Run) -> None:
    """Load, conduct, save, and say where the result lies."""
    import unsee
    from unsee.benchmarks.cache import Cache
    from unsee.benchmarks.experiment import conduct
    from unsee.benchmarks.report import write_report
    from unsee.benchmarks.worlds import world_named
    from unsee.running.files import check_output

    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtra("figures", "metrics")
    options.check()
    out = options.out or RESULTS / experiment.name
    check_output(out / "result.json", overwrite=True)
    files = files_of(options)
    named = world_named(options.model)
    if named is not None:
        # Before minutes of loading other things.
        named.check(files)
    model = unsee.load(options.model, device=options.device)
    world, models = _world(options, model)
    if getattr(options, "quick", False):
        world = world.few()
    with console.watching("measuring") as watch:
        outcome = conduct(
            experiment,
            world,
            options,
            models,
            Cache(options.work),
            watch,
        )
    outcome.save(out)
    page = write_report(out)
    console.say(outcome.table)
    for claim in outcome.claims:
        verdict = "holds" if claim.holds else "does not hold"
        console.say(f"{verdict}: {claim.text} ({claim.numbers})")
    console.say(f"the report is {page}")


def _world(options: Run, model: Any) -> tuple[Any, dict[str, Any]]:
    """The world of the model, with what the options bring into it; and its models."""
    from dataclasses import replace

    import unsee
    from unsee.benchmarks.worlds import world_of
    from unsee.benchmarks.worlds.world import Censored

    world = world_of(model).with_files(files_of(options), model.picture_size())
    models = {model.fingerprint: model}
    evaluator: str | None = getattr(options, "evaluator", None)
    if evaluator is not None:
        world = replace(world, evaluator=evaluator)
    censored: str | None = getattr(options, "censored_model", None)
    if censored is not None:
        other = unsee.load(censored, device=options.device)
        models[other.fingerprint] = other
        world = replace(
            world, censored=Censored(other.fingerprint, _training_seconds(Path(censored)))
        )
    return world, models


def _training_seconds(folder: Path) -> float | None:
    """What `unsee emoji train-censored` wrote beside its model; nothing for other models."""
    about = folder / "training.json"
    try:
        return float(json.loads(about.read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
