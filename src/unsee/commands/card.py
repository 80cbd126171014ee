"""`unsee card`: an erased file in, a folder with its model card out."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import Positional

from unsee.commands import console
from unsee.commands.options import (
    ByModel,
    LoadOptions,
    Optional,
    load_base,
    load_erased,
    prompt_set,
)
from unsee.errors import OptionError
from unsee.prompts import DRAWN_AT_ONCE

if TYPE_CHECKING:
    from unsee.card.text import CaptionedSheet
    from unsee.prompts import PromptSet
    from unsee.weights.erased import ErasedWeights

PRESERVED = 2
"""Of the prompts that an erasure preserved, this many are drawn where no prompts are given."""


@dataclass(frozen=True)
class CardOptions(LoadOptions):
    """What `unsee card` takes."""

    file: Positional[Path]
    """An erased file."""
    out: Optional[Path] = None
    """The folder to write; without it, one in this folder that is named after the file."""
    prompts: tuple[str, ...] = ()
    """What to draw before and after; without it, the concept and some of what was preserved."""
    seeds: tuple[int, ...] = ()
    """Seeds to draw each prompt with; without them, seed 0."""
    prompt_file: Optional[Path] = None
    """A CSV file with the columns prompt and seed, and id and group if you like."""
    sheet: Optional[Path] = None
    """A sheet that `unsee compare` drew, to be shown in place of new pictures."""
    no_images: bool = False
    """Draw nothing and show nothing."""
    results: Optional[Path] = None
    """The folder of a result of `unsee bench`, or of several: those of the same base are shown."""
    license: Optional[str] = None
    """The licence, as the hub names it; without it, that of the base where it is known."""
    base_model: Optional[str] = None
    """Hub id of the base, where the file was made from a folder."""
    repo: Optional[str] = None
    """OWNER/NAME that the card will be pushed to: it then says how to download the file."""
    model: Optional[str] = None
    """The model to draw with; without it, the one that the file was made from."""
    steps: ByModel[int] = None
    """Sampler steps."""
    guidance: ByModel[float] = None
    """Scale of classifier-free guidance; 1 is none."""
    batch_size: int = DRAWN_AT_ONCE
    """Pictures drawn at once; lower it where memory is short."""
    overwrite: bool = False
    """Replace the folder where a card is in it."""


def card(options: CardOptions) -> None:
    """Write a model card for an erased file: a folder that the hub takes as it is."""
    from unsee.card.folder import check_card, write_card
    from unsee.card.measured import measured
    from unsee.card.metadata import check_repository, licence_of, repository
    from unsee.card.text import Extras
    from unsee.concepts import slug

    asked = bool(options.prompts or options.seeds or options.prompt_file)
    if options.no_images and (asked or options.sheet):
        raise OptionError("--no-images shows none; leave the prompts, the seeds and --sheet away")
    if options.sheet and asked:
        raise OptionError("--sheet is shown as it is; leave the prompts and the seeds away")
    out = options.out or Path(f"{slug(options.file.stem)}-card")
    check_card(out, overwrite=options.overwrite)
    if options.repo is not None:
        check_repository(options.repo, "--repo")
    erased = load_erased(options.file)
    # Before any picture is drawn: can these be meant?
    licence_of(repository(erased.provenance.base, options.base_model), options.license)
    results = [] if options.results is None else measured(options.results, erased.provenance)
    rows = _rows(options, erased)
    sheet = None
    if options.sheet is not None:
        sheet = _taken(options.sheet)
    elif not options.no_images:
        sheet = _drawn(options, erased, rows)
    extras = Extras(
        sheet=sheet,
        measured=results,
        prompt=rows.prompts[0],
        licence=options.license,
        base_model=options.base_model,
        repository=options.repo,
    )
    written = write_card(options.file, out, extras, overwrite=options.overwrite)
    console.say(f"the card is {out}: {', '.join(written.paths)}")
    if results:
        console.say(f"results on it: {', '.join(one.name for one in results)}")
    console.say(f"read it, then: unsee push {out} --repo {options.repo or 'OWNER/NAME'}")


def _rows(options: CardOptions, erased: "ErasedWeights") -> "PromptSet":
    """What is drawn: what the user says, or the phrases erased and some that were preserved."""
    prompts = options.prompts
    if not prompts and options.prompt_file is None:
        phrases = [concept.phrase for concept in erased.provenance.concepts]
        kept = erased.provenance.config.get("preserve", ())[:PRESERVED]
        prompts = (*phrases, *(one for one in kept if one not in phrases))
    return prompt_set(prompts, options.prompt_file, options.seeds)


def _drawn(options: CardOptions, erased: "ErasedWeights", rows: "PromptSet") -> "CaptionedSheet":
    from unsee.card.markdown import code, plain
    from unsee.card.text import CaptionedSheet
    from unsee.pictures.compare import compare
    from unsee.sampling.draw import sampler_settings

    model = load_base(options.model, erased, options)
    settings = sampler_settings(model, options.steps, options.guidance)
    with console.drawing() as report:
        comparison = compare(
            model,
            [("erased", erased)],
            rows,
            steps=settings.steps,
            guidance=settings.guidance,
            batch_size=options.batch_size,
            progress=report,
        )
    about = erased.provenance
    drawn = "; ".join(f"{code(row.prompt)}, seed {row.seed}" for row in rows)
    return CaptionedSheet(
        comparison.sheet(),
        "A row for each prompt and seed: left by the original model, right with the erasure.",
        f"Left by the original model, right from the same seeds with {plain(about.title)} "
        f"erased; {settings.steps} steps, guidance {settings.guidance:g}. From above: {drawn}.",
    )


def _taken(path: Path) -> "CaptionedSheet":
    from unsee.card.text import CaptionedSheet
    from unsee.pictures.reading import read_pictures

    (image,) = read_pictures([path])
    return CaptionedSheet(
        image,
        "Pictures before and after the erasure, labelled with their prompts and seeds.",
        "Before and after the erasure; the prompts and seeds stand beside the pictures.",
    )
