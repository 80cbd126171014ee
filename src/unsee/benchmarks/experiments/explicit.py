"""Sec. 5.2, Fig. 7, Table 1: explicit content that no prompt names, and what general prompts lose.

ExplicitOptions   what it takes
plan              the prompts that do not name it, and general ones, by every system
read              what a detector finds; FID and CLIP score of the general pictures

Every system draws the same prompts from the same noise. What a detector finds is counted by class,
in per cent of the unedited model's; a filter's pictures are the unedited model's, less the flagged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from unsee.benchmarks.experiment import Experiment
from unsee.benchmarks.experiments.explicit_findings import (
    Finding,
    by_class,
    claims,
    class_panels,
    cost_notes,
    filter_notes,
    group_panels,
    row,
)
from unsee.benchmarks.items import Draw, Item
from unsee.benchmarks.options import Common, Optional
from unsee.benchmarks.outcome import Outcome, Panel, labelled, point
from unsee.benchmarks.pictures import Pictures
from unsee.benchmarks.systems import CENSORED, UNEDITED, System, distinct
from unsee.errors import OptionError, option
from unsee.metrics.means import Mean

if TYPE_CHECKING:
    from unsee.benchmarks.runner import Results
    from unsee.benchmarks.worlds.world import World

SYSTEMS = (
    "unedited", "esd-u", "esd-u-3", "esd-x", "sld-weak", "sld-medium", "sld-strong", "sld-max",
    "negative", "filter",
)  # fmt: skip
SHOWN = 8
WITHHELD = " (black: withheld)"


@dataclass(frozen=True)
class ExplicitOptions(Common):
    """What `unsee bench explicit` takes."""

    systems: tuple[str, ...] = ()
    """The systems to compare; without them, the paper's, and `censored` with --censored-model."""
    prompts: Optional[Path] = None
    """A CSV file as I2P is published (columns prompt and sd_seed, and categories), or the hub id of
    such a dataset."""
    general: Optional[Path] = None
    """A CSV file of general prompts, such as COCO's (columns prompt and seed)."""
    real: Optional[Path] = None
    """A folder of real pictures of the general prompts: what FID is measured to."""
    censored_model: Optional[str] = None
    """A model that was trained without the concept: the system `censored`."""
    clip: Optional[str] = None
    """Hub id or folder of a CLIP, for models other than emoji; without it, CLIP ViT-L/14."""
    count: int = 480
    """On emoji: prompts that show the concept without naming it."""
    general_count: int = 960
    """On emoji: general prompts."""

    def sizes(self) -> Mapping[str, Any]:
        """With --quick."""
        return {"count": 16, "general_count": 32}

    def check(self) -> None:
        """Refuse `censored` without its model, and the reverse."""
        distinct(self.names)
        if (CENSORED in self.names) != (self.censored_model is not None):
            raise OptionError(f"{option('censored_model')} and the system censored belong together")
        super().check()

    @property
    def names(self) -> Sequence[str]:
        """Of the systems to compare."""
        censored = [CENSORED] if self.censored_model is not None else []
        return self.systems or (*SYSTEMS, *censored)


@dataclass(frozen=True)
class Pair:
    """What one system draws."""

    system: System
    explicit: Draw
    """The prompts that bring the concept without naming it."""
    general: Draw


def pairs(world: "World", options: ExplicitOptions) -> list[Pair]:
    """Both prompt sets by every system."""
    unnamed, general = world.unnamed(options.count), world.general(options.general_count)
    concept = [world.explicit]
    return [
        Pair(
            system,
            system.draw(world, options.terms, concept, unnamed),
            system.draw(world, options.terms, concept, general),
        )
        for system in distinct(options.names)
    ]


def plan(world: "World", options: ExplicitOptions) -> list[Item]:
    """All pictures, system by system."""
    return [draw for pair in pairs(world, options) for draw in (pair.explicit, pair.general)]


def prepare(world: "World", options: ExplicitOptions) -> None:
    """A detector, and what FID and CLIP score need: real pictures too."""
    world.real(options.general_count)
    world.evaluators.prepare("explicit", "features", "alignment")


def read(world: "World", options: ExplicitOptions, results: "Results") -> Outcome:
    """Count what the detector finds; measure FID to real pictures, and CLIP score."""
    import torch

    from unsee.metrics.frechet import frechet_distance

    evaluators = world.evaluators
    reference = torch.from_numpy(evaluators.features(world.real(options.general_count)))
    findings = []
    for pair in pairs(world, options):
        pictures, general = results[pair.explicit], results[pair.general]
        detections = evaluators.explicit(pictures)
        features = torch.from_numpy(evaluators.features(general))
        findings.append(
            Finding(
                pair.system,
                pair.explicit.prompts.rows,
                detections,
                _sheet(pictures, detections, withhold=pair.system.filtered),
                frechet_distance(features, reference),
                Mean.of(evaluators.alignment(general, pair.general.prompts.prompts)),
            )
        )
    by_name = {finding.name: finding for finding in findings}
    before = by_name.get(UNEDITED)
    classes = by_class({finding.name: finding.classes for finding in findings})
    first = pairs(world, options)[0]
    return Outcome(
        experiment=EXPERIMENT.name,
        title=f"What is drawn of {world.explicit!r} though no prompt names it",
        section=EXPERIMENT.section,
        model=world.model_name,
        settings={
            "systems": list(by_name),
            "concept": world.explicit,
            "explicit prompts": len(first.explicit.prompts),
            "general prompts": len(first.general.prompts),
        },
        facts=dict(evaluators.facts),
        header=["system", "pictures with it, %", "change, %", "paper: change",
                evaluators.measures["FID"], "paper: FID-30k", evaluators.measures["CLIP score"],
                "paper: CLIP"],
        rows=[row(finding, before) for finding in findings],
        numbers=[
            {
                "system": finding.name,
                "detected": [finding.detected.hits, finding.detected.trials],
                "withheld": finding.withheld,
                "by class": classes[finding.name],
                "by group": {
                    label: [rate.hits, rate.trials] for label, rate in finding.by_group.items()
                },
                "frechet": finding.frechet,
                "clip": vars(finding.clip),
            }
            for finding in findings
        ],
        panels=[
            *group_panels(findings),
            *class_panels(classes),
            Panel(
                "pictures with a detection, in all, %",
                list(by_name),
                {"": [point(finding.detected, 100) for finding in findings]},
            ),
        ],
        claims=claims(by_name),
        notes=[*filter_notes(by_name), *cost_notes(world.censored, by_name, results.ledger)],
        sheets={
            f"Pictures whose prompts do not name {world.explicit!r}": labelled(
                {one.name + WITHHELD * one.system.filtered: one.sheet for one in findings},
                first.explicit.prompts.prompts[:SHOWN],
            ),
        },
    )  # fmt: skip


def _sheet(
    pictures: Pictures, detections: Sequence[tuple[str, ...]], *, withhold: bool
) -> list[Image.Image]:
    first = pictures[:SHOWN]
    return [
        Image.new("RGB", picture.size) if withhold and classes else picture
        for picture, classes in zip(first, detections[:SHOWN], strict=True)
    ]


EXPERIMENT = Experiment(
    "explicit",
    "Count what a detector finds though no prompt names it; FID and CLIP score (Sec. 5.2).",
    "5.2, Fig. 7, Table 1",
    ExplicitOptions,
    plan,
    read,
    prepare,
)
