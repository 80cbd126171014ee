"""Sec. 5.1, Fig. 5: five artists, each erased in turn; what is left of the style, and of others'.

ArtistsOptions   what it takes
plan             every artist's pictures, by every system told every artist
read             what is left of the erased one, and of the others

Where nobody can tell artists apart (Stable Diffusion), the perceptual distance to the unedited
model's picture of the same noise speaks alone: large for the erased artist, small for others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from unsee.benchmarks.counting import by_artist, content
from unsee.benchmarks.experiment import Experiment
from unsee.benchmarks.items import Draw, Item
from unsee.benchmarks.options import Common
from unsee.benchmarks.outcome import Claim, Outcome, Panel, labelled, number, per_cent, point
from unsee.benchmarks.systems import UNEDITED, System, erasers
from unsee.errors import OptionError, option
from unsee.metrics.means import Mean
from unsee.metrics.rates import NONE, Rate

if TYPE_CHECKING:
    from PIL import Image

    from unsee.benchmarks.runner import Results
    from unsee.benchmarks.worlds.world import World

OTHERS_BAR = 10.0
"""Points of accuracy that other artists may lose."""
SHOWN = 3
"""Pictures of each artist on the sheet."""


@dataclass(frozen=True)
class ArtistsOptions(Common):
    """What `unsee bench artists` takes."""

    systems: tuple[str, ...] = ("esd-x", "esd-x-3", "sld-medium", "sld-max", "negative")
    """The systems to compare with the unedited model."""
    prompts: int = 40
    """Prompts of each artist."""
    seeds: int = 4
    """Pictures of each prompt, where its artist is erased."""
    other_seeds: int = 1
    """Pictures of each prompt, where another artist is."""

    def sizes(self) -> Mapping[str, Any]:
        """With --quick."""
        return {"prompts": 5, "seeds": 1, "other_seeds": 1}

    def check(self) -> None:
        """Refuse systems that erase no artist."""
        if not self.systems:
            raise OptionError(
                f"{option('systems')} takes the systems to compare with the unedited model"
            )
        erasers(self.systems)
        super().check()


@dataclass(frozen=True)
class Drawing:
    """Pictures by one artist, while one is erased by a system."""

    system: str
    erased: str
    artist: str
    before: Draw
    """By the unedited model, from the same noise."""
    after: Draw


@dataclass
class Counts:
    """What a system did, over all artists."""

    style: Rate = NONE
    content: Rate = NONE
    distances: list[float] = field(default_factory=list)
    other_style: Rate = NONE
    other_distances: list[float] = field(default_factory=list)
    sheet: "list[Image.Image]" = field(default_factory=list)


def drawings(world: "World", options: ArtistsOptions) -> Iterator[Drawing]:
    """Every artist erased in turn; pictures of it by every system, fewer of the others."""
    systems = [System.named(UNEDITED), *erasers(options.systems)]
    own, other = (
        {name: world.by_artist(name, options.prompts, range(seeds)) for name in world.artists}
        for seeds in (options.seeds, options.other_seeds)
    )
    for erased in world.artists:
        for system in systems:
            for artist in world.artists:
                rows = (own if artist == erased else other)[artist]
                before = systems[0].draw(world, options.terms, (), rows)
                after = system.draw(world, options.terms, [world.artist(erased)], rows)
                yield Drawing(system.name, erased, artist, before, after)


def plan(world: "World", options: ArtistsOptions) -> list[Item]:
    """All pictures; the unedited model's first."""
    return [draw for one in drawings(world, options) for draw in (one.before, one.after)]


def prepare(world: "World", options: ArtistsOptions) -> None:
    """Those who tell distances, and objects where there are any."""
    world.evaluators.prepare("distance", *(["objects"] if world.subjects else []))


def read(world: "World", options: ArtistsOptions, results: "Results") -> Outcome:
    """Count what is left of the erased style and of the others, and how far pictures moved."""
    evaluators = world.evaluators
    lpips = evaluators.measures["LPIPS"]
    counts = {name: Counts() for name in (UNEDITED, *options.systems)}
    labels: list[str] = []
    for one in drawings(world, options):
        count, rows = counts[one.system], one.after.prompts
        after = results[one.after]
        gaps = evaluators.distance(after, results[one.before]).tolist()
        style = by_artist(evaluators, after, one.artist)
        if one.artist != one.erased:
            count.other_style += style
            count.other_distances += gaps
            continue
        count.style += style
        count.content += content(evaluators, after, rows)
        count.distances += gaps
        # From the middle of each part: the first prompts are templates without content.
        stride = max(len(rows) // SHOWN, 1)
        middles = range(len(rows))[stride // 2 :: stride][:SHOWN]
        count.sheet += [after[place] for place in middles]
        if one.system == UNEDITED:
            labels += [rows.prompts[place] for place in middles]
    return Outcome(
        experiment=EXPERIMENT.name,
        title="Artists erased, one at a time",
        section=EXPERIMENT.section,
        model=world.model_name,
        settings={
            "systems": list(counts),
            "artists": list(world.artists),
            "prompts": options.prompts,
            "seeds": list(range(options.seeds)),
            "seeds of other artists": list(range(options.other_seeds)),
        },
        facts=dict(evaluators.facts),
        header=["system", "erased artist recognised, %", "content kept, %", f"{lpips} to unedited",
                "other artists recognised, %", f"{lpips} to unedited"],
        rows=[_row(name, count) for name, count in counts.items()],
        numbers=[
            {
                "system": name,
                "style": [count.style.hits, count.style.trials],
                "content": [count.content.hits, count.content.trials],
                "distance": vars(Mean.of(count.distances)),
                "other style": [count.other_style.hits, count.other_style.trials],
                "other distance": vars(Mean.of(count.other_distances)),
            }
            for name, count in counts.items()
        ],
        panels=_panels(counts, lpips),
        claims=_claims(counts),
        sheets={
            "Pictures that ask for the erased artist": labelled(
                {name: count.sheet for name, count in counts.items()}, labels
            )
        },
    )  # fmt: skip


def _row(name: str, count: Counts) -> list[str]:
    def cell(rate: Rate) -> str:
        return per_cent(rate) if rate.trials else ""

    return [
        name,
        cell(count.style),
        cell(count.content),
        number(Mean.of(count.distances)),
        cell(count.other_style),
        number(Mean.of(count.other_distances)),
    ]


def _panels(counts: dict[str, Counts], lpips: str) -> list[Panel]:
    panels = [
        Panel(
            f"{lpips} to the unedited model's picture",
            list(counts),
            {
                "the erased artist": [point(Mean.of(one.distances)) for one in counts.values()],
                "other artists": [point(Mean.of(one.other_distances)) for one in counts.values()],
            },
        )
    ]
    if all(count.style.trials for count in counts.values()):
        panels.insert(
            0,
            Panel(
                "recognised, %",
                list(counts),
                {
                    "the erased artist": [point(one.style, 100) for one in counts.values()],
                    "content": [point(one.content, 100) for one in counts.values()],
                    "other artists": [point(one.other_style, 100) for one in counts.values()],
                },
            ),
        )
    return panels


def _claims(counts: dict[str, Counts]) -> list[Claim]:
    claims: list[Claim] = []
    if not all(count.style.trials for count in counts.values()):
        return claims
    at_sampling = [name for name in counts if name.startswith("sld-") or name == "negative"]
    for name in (name for name in counts if name.startswith("esd-")):
        count = counts[name]
        if at_sampling:
            best = min(counts[other].style.value for other in at_sampling)
            claims.append(
                Claim(
                    f"{name} removes the style more than {', '.join(at_sampling)}",
                    count.style.value < best,
                    f"{count.style} left, against {100 * best:.1f} % at least",
                )
            )
        lost = 100 * (counts["unedited"].other_style.value - count.other_style.value)
        claims.append(
            Claim(
                f"{name} keeps other artists within 10 points of the unedited model",
                lost <= OTHERS_BAR,
                f"{lost:.1f} points lost",
            )
        )
    return claims


EXPERIMENT = Experiment(
    "artists",
    "Erase five artists in turn: the style, the content, other artists (Sec. 5.1).",
    "5.1, Fig. 5",
    ArtistsOptions,
    plan,
    read,
    prepare,
)
