"""`unsee erase`: a phrase and a model in, a file of changed weights out.

EraseOptions   the command line
erase          the command
erase_into     erase and write the file, for commands that do so
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import Positional

from unsee.commands import console
from unsee.commands.options import LoadOptions, Optional
from unsee.erasing.options import MethodOptions

if TYPE_CHECKING:
    from PIL.Image import Image

    from unsee import Concept, ErasedWeights
    from unsee.denoisers.base import Denoiser
    from unsee.erasing.methods.base import MethodConfig


@dataclass(frozen=True)
class EraseOptions(MethodOptions, LoadOptions):
    """What `unsee erase` takes, beside the settings of the method: those override the recipe."""

    phrase: Positional[str]
    """The concept to erase, in the words that people ask for it."""
    model: str = "emoji"
    """A model that unsee knows by name, a folder in the diffusers format, a .safetensors file, or
    a hub id."""
    erase_from: Optional[str] = None
    """Erase the concept only from what the model draws for this phrase."""
    synonyms: tuple[str, ...] = ()
    """More phrases that shall lose the concept."""
    also: tuple[str, ...] = ()
    """More concepts to erase in the same run, into the same file."""
    images: tuple[Path, ...] = ()
    """Pictures to erase, with --source images: files of one concept, or one for each of several."""
    cache: Optional[Path] = None
    """A folder for the trajectories of source `original`: further erasures of the same concept,
    with another eta, parameters or seed, take them from there. It is safe to delete."""
    out: Optional[Path] = None
    """The file to write; without it, one in this folder that is named after the phrase."""
    overwrite: bool = False
    """Replace the file where it exists."""


def erase(options: EraseOptions) -> None:
    """Erase a concept from a model; writes only the weights that changed."""
    import rich.filesize

    import unsee
    from unsee.concepts import as_concepts, slug, title
    from unsee.erasing.methods.registry import check_given, configured
    from unsee.loading import MODELS
    from unsee.pictures.reading import read_pictures
    from unsee.running.files import check_output

    concepts = as_concepts(
        [
            unsee.Concept(options.phrase, options.erase_from, options.synonyms),
            *(unsee.Concept(phrase, options.erase_from) for phrase in options.also),
        ]
    )
    out = options.out or Path(f"{slug(' '.join([options.phrase, *options.also]))}.safetensors")
    check_output(out, overwrite=options.overwrite)
    images = read_pictures(options.images)
    # Before a model is loaded, or downloaded: can these settings be meant?
    check_given(options.recipe, options.settings)
    model = options.load(options.model)
    config = configured(options.recipe, model.defaults.recipe, options.settings)
    erased = erase_into(
        out,
        model,
        concepts,
        config,
        overwrite=options.overwrite,
        cache=options.cache,
        images=images,
    )

    size = rich.filesize.decimal(out.stat().st_size)
    console.say(
        f"{title(concepts)} erased from {options.model} "
        f"({erased.provenance.summary}): {out}, {size}"
    )
    compare = ["unsee", "compare", str(out), "--prompts", options.phrase, *options.also]
    # Files say the names of models that unsee knows; of folders, only their last part.
    compare += [] if options.model in MODELS else ["--model", options.model]
    console.say(f"to see it, with prompts added for what must stay: {shlex.join(compare)}")


def erase_into(
    out: Path,
    model: "Denoiser",
    concepts: "Concept | Sequence[Concept]",
    config: "MethodConfig | None" = None,
    *,
    overwrite: bool = False,
    cache: Path | None = None,
    images: "Sequence[Image] | None" = None,
) -> "ErasedWeights":
    """Erase with a progress bar and write the file; Ctrl-C keeps the state beside it."""
    import unsee
    from unsee.concepts import as_concepts, title

    # The same command has to find it again.
    unfinished = out.with_name(f"{out.name}.unfinished")
    with console.erasing(title(as_concepts(concepts))) as report:
        erased = unsee.erase(
            model,
            concepts,
            config,
            progress=report,
            checkpoint=unfinished,
            cache=cache,
            images=images,
        )
    erased.save(out, overwrite=overwrite)
    unfinished.unlink(missing_ok=True)
    return erased
