"""`unsee compare`: erased files in, a labelled before/after sheet out."""

from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class CompareOptions(LoadOptions):
    """What `unsee compare` takes."""

    files: Positional[tuple[Path, ...]] = ()
    """Erased files, each a column of the sheet."""
    prompts: tuple[str, ...] = ()
    """The rows: what shall be gone, and what shall still be there."""
    seeds: tuple[int, ...] = ()
    """Seeds to draw each prompt with; without them, seed 0."""
    prompt_file: Optional[Path] = None
    """A CSV file with the columns prompt and seed, and id and group if you like."""
    model: Optional[str] = None
    """The model; without it, the one that the first file was made from."""
    out: Path = Path("compare.png")
    """The picture to write."""
    overwrite: bool = False
    """Replace the picture where it exists."""
    steps: ByModel[int] = None
    """Sampler steps."""
    guidance: ByModel[float] = None
    """Scale of classifier-free guidance; 1 is none."""
    batch_size: int = DRAWN_AT_ONCE
    """Pictures drawn at once; lower it where memory is short."""


def compare(options: CompareOptions) -> None:
    """Draw a before/after sheet of prompts: the original model and each erased file."""
    if not options.files:
        raise OptionError("no erased file to compare; `unsee erase PHRASE` makes one")
    rows = prompt_set(options.prompts, options.prompt_file, options.seeds)
    from unsee.pictures.compare import compare as draw
    from unsee.pictures.compare import heading
    from unsee.running.files import check_output

    if options.out.suffix.lower() != ".png":
        raise OptionError(
            f"the sheet is a PNG file; give --out a name that ends so, not {options.out}"
        )
    check_output(options.out, overwrite=options.overwrite)
    erased = [load_erased(path) for path in options.files]
    model = load_base(options.model, erased[0], options)
    with console.drawing() as report:
        comparison = draw(
            model,
            [
                (heading(path.stem, one), one)
                for path, one in zip(options.files, erased, strict=True)
            ],
            rows,
            steps=options.steps,
            guidance=options.guidance,
            batch_size=options.batch_size,
            progress=report,
        )
    comparison.save(options.out, overwrite=options.overwrite)
    console.say(f"the sheet is {options.out}")
