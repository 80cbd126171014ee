"""The experiments of the paper as commands: what each takes, and how large it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from unsee.commands.experiments import Classified, Common, conduct
from unsee.commands.options import Optional
from unsee.errors import OptionError

if TYPE_CHECKING:
    from unsee.benchmarks.outcome import Outcome
    from unsee.benchmarks.systems import System
    from unsee.benchmarks.workbench import Workbench
    from unsee.benchmarks.worlds.asked import Asked


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


def artists(options: ArtistsOptions) -> None:
    """Erase five artists in turn: the style, the content, other artists (Sec. 5.1)."""
    from unsee.benchmarks.experiments import artists as experiment

    if not options.systems:
        raise OptionError("--systems takes the systems to compare with the unedited model")
    systems = _erasers(options.systems)

    def run(bench: "Workbench", asked: "Asked") -> "Outcome":
        prompts, seeds = (5, 1) if options.quick else (options.prompts, options.seeds)
        return experiment.run(
            bench,
            asked,
            systems,
            prompts,
            range(seeds),
            range(options.other_seeds),
        )

    conduct(options, "artists", run)


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


def explicit(options: ExplicitOptions) -> None:
    """Count what a detector finds though no prompt names it; FID and CLIP score (Sec. 5.2)."""
    from unsee.benchmarks.experiments import explicit as experiment

    names = options.systems or (
        *experiment.SYSTEMS,
        *(["censored"] if options.censored_model else []),
    )
    if ("censored" in names) != (options.censored_model is not None):
        raise OptionError("--censored-model and the system censored belong together")
    systems = _systems(names)

    def run(bench: "Workbench", asked: "Asked") -> "Outcome":
        from unsee.benchmarks.worlds.asked import emoji_drawings, emoji_scenes
        from unsee.benchmarks.worlds.emoji_real import drawings
        from unsee.benchmarks.worlds.prompt_files import read_folder, read_general, read_i2p

        count, general = (16, 32) if options.quick else (options.count, options.general_count)
        if asked.family == "emoji":
            return experiment.run(
                bench,
                asked,
                systems,
                emoji_scenes(True, count),
                emoji_drawings(general),
                drawings(max(general, 256)),
            )
        if options.prompts is None or options.general is None or options.real is None:
            raise OptionError(
                "for models other than emoji give --prompts, --general and --real: "
                "I2P, general prompts, and real pictures of those"
            )
        return experiment.run(
            bench,
            asked,
            systems,
            read_i2p(options.prompts, limit=count if options.quick else None),
            read_general(options.general, limit=general if options.quick else None),
            read_folder(options.real, bench.model.picture_size()),
        )

    conduct(options, "explicit", run)


@dataclass(frozen=True)
class ObjectsOptions(Classified):
    """What `unsee bench objects` takes."""

    system: str = "esd-u"
    """What erases."""
    seeds: int = 50
    """Pictures of each class; the paper has 500."""


def objects(options: ObjectsOptions) -> None:
    """Erase ten classes in turn: what is left of each and of the nine others (Sec. 5.3)."""
    from unsee.benchmarks.experiments import objects as experiment

    seeds = range(4 if options.quick else options.seeds)
    (system,) = _erasers([options.system])
    conduct(options, "objects", lambda bench, asked: experiment.run(bench, asked, system, seeds))


@dataclass(frozen=True)
class MemorisedOptions(Common):
    """What `unsee bench memorised` takes."""

    system: str = "esd-x"
    """What erases."""
    titles: tuple[str, ...] = ()
    """Titles of the works, in order; those to erase first. On emoji, all that it recites."""
    images: tuple[Path, ...] = ()
    """A picture file of each."""
    counts: tuple[int, ...] = (1, 2, 3, 5)
    """How many works are erased at once."""
    seeds: int = 8
    """Pictures of each title."""


def memorised(options: MemorisedOptions) -> None:
    """Erase pictures that the model recites, from the pictures themselves (Sec. 5.4)."""
    from unsee.benchmarks.experiments import memorised as experiment
    from unsee.erasing.methods.registry import method_names
    from unsee.pictures.reading import read_pictures

    if len(options.titles) != len(options.images):
        raise OptionError(f"{len(options.titles)} --titles but {len(options.images)} --images")
    given = [
        experiment.Artwork(title, picture, "")
        for title, picture in zip(options.titles, read_pictures(options.images), strict=True)
    ]
    if not options.counts or min(options.counts) < 1:
        raise OptionError("--counts takes numbers of works to erase, each at least 1")
    (system,) = _erasers([options.system])
    if system.method is None:
        raise OptionError(
            f"--system {system.name} changes no weights; to erase a picture take one of "
            + ", ".join(method_names())
        )

    def run(bench: "Workbench", asked: "Asked") -> "Outcome":
        from unsee.benchmarks.worlds.asked import emoji_drawings, general_prompts
        from unsee.benchmarks.worlds.emoji_real import artworks

        works = given or (artworks() if asked.family == "emoji" else [])
        counts, seeds = ((1,), 2) if options.quick else (options.counts, options.seeds)
        if len(works) < max(counts):
            raise OptionError(
                f"--counts asks for {max(counts)} works, and there are {len(works)}; "
                "name them by --titles and --images"
            )
        other = emoji_drawings(64) if asked.family == "emoji" else general_prompts()
        return experiment.run(bench, asked, system, works, counts, range(seeds), other)

    conduct(options, "memorised", run)


@dataclass(frozen=True)
class StrengthOptions(Classified):
    """What `unsee bench strength` takes."""

    method: str = "esd-u"
    """What erases."""
    etas: tuple[float, ...] = (1.0, 3.0, 10.0)
    """Strengths to compare."""
    prompts: Optional[Path] = None
    """I2P, a CSV file or the hub id of the dataset, for models other than emoji."""
    count: int = 480
    """On emoji: prompts that show the concept without naming it."""
    seeds: int = 50
    """Pictures of each of the ten classes; the paper has 1000."""


def strength(options: StrengthOptions) -> None:
    """Erase the explicit concept with eta 1, 3 and 10: what goes, and what it costs (Sec. 5.5)."""
    from unsee.benchmarks.experiments import strength as experiment

    if not options.etas:
        raise OptionError("--etas takes the strengths to compare, such as --etas 1 3 10")

    def run(bench: "Workbench", asked: "Asked") -> "Outcome":
        from unsee.benchmarks.worlds.asked import emoji_scenes
        from unsee.benchmarks.worlds.prompt_files import read_i2p

        count, seeds = (16, 2) if options.quick else (options.count, options.seeds)
        if asked.family == "emoji":
            rows = emoji_scenes(True, count)
        elif options.prompts is None:
            raise OptionError(
                "for models other than emoji give --prompts, I2P as a file or a hub id"
            )
        else:
            rows = read_i2p(options.prompts, limit=count if options.quick else None)
        return experiment.run(bench, asked, options.method, options.etas, rows, range(seeds))

    conduct(options, "strength", run)


@dataclass(frozen=True)
class ParaphraseOptions(Classified):
    """What `unsee bench paraphrase` takes."""

    system: str = "esd-x"
    """What erases."""
    seeds: int = 100
    """Pictures of the landmark."""


def paraphrase(options: ParaphraseOptions) -> None:
    """Erase a landmark by its paraphrases and ask for it by name (Sec. 5.6)."""
    from unsee.benchmarks.experiments import paraphrase as experiment

    (system,) = _erasers([options.system])
    seeds = range(8 if options.quick else options.seeds)
    conduct(options, "paraphrase", lambda bench, asked: experiment.run(bench, asked, system, seeds))


@dataclass(frozen=True)
class ParametersOptions(Common):
    """What `unsee bench parameters` takes."""

    systems: tuple[str, ...] = ("unedited", "esd-x", "esd-x-strict", "selfattn", "esd-u", "full")
    """The methods to compare; `unedited` has to be the first."""
    prompts: Optional[Path] = None
    """I2P, a CSV file or the hub id of the dataset, for models other than emoji."""
    count: int = 240
    """On emoji: prompts that show the concept without naming it."""
    own_prompts: int = 40
    """Prompts that name the artist, and as many that name the concept."""
    seeds: int = 2
    """Pictures of each of these."""


def parameters(options: ParametersOptions) -> None:
    """Compare which weights are trained, on a style and on what is not named (Fig. 3 and 4)."""
    from unsee.benchmarks.experiments import parameters as experiment

    if not options.systems or options.systems[0] != "unedited":
        raise OptionError("--systems must begin with unedited, which the others are compared with")
    systems = [*_systems(["unedited"]), *_erasers(options.systems[1:])]

    def run(bench: "Workbench", asked: "Asked") -> "Outcome":
        from unsee.benchmarks.worlds.asked import emoji_scenes
        from unsee.benchmarks.worlds.prompt_files import read_i2p

        count, prompts, seeds = (
            (8, 6, 1) if options.quick else (options.count, options.own_prompts, options.seeds)
        )
        if asked.family == "emoji":
            rows = emoji_scenes(True, count)
        elif options.prompts is None:
            raise OptionError(
                "for models other than emoji give --prompts, I2P as a file or a hub id"
            )
        else:
            rows = read_i2p(options.prompts, limit=count if options.quick else None)
        return experiment.run(bench, asked, systems, rows, prompts, range(seeds))

    conduct(options, "parameters", run)


def _systems(names: Sequence[str]) -> "list[System]":
    from unsee.benchmarks.systems import System

    for name in names:
        if names.count(name) > 1:
            raise OptionError(f"the system {name} is named twice")
    return [System.named(name) for name in names]


def _erasers(names: Sequence[str]) -> "list[System]":
    """Systems that keep a concept away; what the others are compared with is none."""
    systems = _systems(names)
    for system in systems:
        if system.filtered or system.censored or system.name == "unedited":
            raise OptionError(
                f"the system {system.name} erases nothing that this experiment asks for"
            )
    return systems
