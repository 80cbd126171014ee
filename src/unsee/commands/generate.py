"""`unsee generate`: prompts in, a folder of pictures and their manifest out."""

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
from unsee.prompts import DRAWN_AT_ONCE


@dataclass(frozen=True)
class GenerateOptions(LoadOptions):
    """What `unsee generate` takes."""

    prompts: Positional[tuple[str, ...]] = ()
    """What to draw."""
    seeds: tuple[int, ...] = ()
    """Seeds to draw each prompt with; without them, seed 0."""
    prompt_file: Optional[Path] = None
    """A CSV file with the columns prompt and seed, and id and group if you like."""
    erased: Optional[Path] = None
    """An erased file to apply first."""
    model: Optional[str] = None
    """The model; without it, the one that the erased file was made from, or else emoji."""
    out: Path = Path("pictures")
    """The folder to draw into. What is there already is not drawn again."""
    steps: ByModel[int] = None
    """Sampler steps."""
    guidance: ByModel[float] = None
    """Scale of classifier-free guidance; 1 is none."""
    negative: Optional[str] = None
    """A negative prompt: what guidance leads away from."""
    unsafe: Optional[str] = None
    """A concept for SLD to steer away from; takes --sld too."""
    sld: Optional[str] = None
    """How strongly: weak, medium, strong or max."""
    batch_size: int = DRAWN_AT_ONCE
    """Pictures drawn at once; lower it where memory is short."""


def generate(options: GenerateOptions) -> None:
    """Draw prompts, with the original model or an erased one."""
    rows = prompt_set(options.prompts, options.prompt_file, options.seeds)
    from unsee.sampling.folder import MANIFEST, generate_set

    erased = None if options.erased is None else load_erased(options.erased)
    model = load_base(options.model, erased, options)
    if erased is not None:
        erased.apply(model)
    with console.drawing() as report:
        drawn = generate_set(
            model,
            rows,
            options.out,
            steps=options.steps,
            guidance=options.guidance,
            negative=options.negative,
            unsafe=options.unsafe,
            sld=options.sld,
            batch_size=options.batch_size,
            progress=report,
        )
    console.say(f"pictures: {len(drawn)} in {options.out}")
    console.say(f"how each was made: {options.out / MANIFEST}")
