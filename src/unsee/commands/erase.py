"""`unsee erase`: a phrase and a model in, a file of changed weights out.

EraseOptions   the command line
erase          the command
erase_into     erase and write the file, for commands that do so
"""

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import Positional

from unsee.commands import console
from unsee.commands.options import ByModel, FromRecipe, LoadOptions, Optional

if TYPE_CHECKING:
    from PIL.Image import Image

    from unsee import Concept, EraseConfig, ErasedWeights
    from unsee.denoisers.base import Denoiser


@dataclass(frozen=True)
class EraseOptions(LoadOptions):
    """What `unsee erase` takes; a field that EraseConfig has too overrides the recipe."""

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
    recipe: ByModel[str] = None
    """Settings to start from: a name that `unsee list recipes` shows, or a .toml file."""
    method: FromRecipe[str] = None
    """Which weights may change: a name that `unsee list methods` shows."""
    eta: FromRecipe[float] = None
    """Strength of the erasure, in the paper's convention (public code counts one more)."""
    steps: FromRecipe[int] = None
    """Gradient steps."""
    lr: FromRecipe[float] = None
    """Learning rate of Adam."""
    decay: FromRecipe[float] = None
    """The last part of the steps, in which the learning rate falls to zero; 0 for none of them."""
    batch: FromRecipe[int] = None
    """Latents in one gradient step."""
    images: tuple[Path, ...] = ()
    """Pictures to erase, with --source images: files of one concept, or one for each of several."""
    seed: FromRecipe[int] = None
    """The same seed gives the same file, byte for byte."""
    source: FromRecipe[str] = None
    """Where latents come from: `edited` (the paper) or `original` (faster)."""
    sampler: FromRecipe[str] = None
    """What samples them: `ddim`, `dpm++`, or `model` for the sampler that the model comes with."""
    sampler_steps: FromRecipe[int] = None
    """Steps of a whole trajectory from noise to picture."""
    sampling_guidance: FromRecipe[float] = None
    """Guidance scale while latents are sampled, the paper's alpha."""
    rollouts: FromRecipe[int] = None
    """Trajectories sampled at once, with source `original`."""
    rollout_seed: FromRecipe[int] = None
    """Seed of the trajectories' noise, with source `original`."""
    reuse: FromRecipe[int] = None
    """How often each latent is trained on, with source `original`."""
    precision: FromRecipe[str] = None
    """What the trained weights are kept in, whatever --dtype says: `fp32`, or `bf16`, which takes
    a quarter of it."""
    lora_rank: FromRecipe[int] = None
    """Train low-rank factors of this rank in place of the weights: a file of under a per cent. With
    esd-u they want a higher --lr than whole weights."""
    contexts: FromRecipe[tuple[str, ...]] = None
    """Prompts in which it is to be lost as well, {} where it stands, such as "a house {}"."""
    preserve: FromRecipe[tuple[str, ...]] = None
    """Prompts whose predictions are held to the original model's: what must stay."""
    preserve_weight: FromRecipe[float] = None
    """What a preserved prompt counts in the loss, against 1 for the concept."""
    cache: Optional[Path] = None
    """A folder for the trajectories of source `original`: further erasures of the same concept,
    with another eta, method or seed, take them from there. It is safe to delete."""
    out: Optional[Path] = None
    """The file to write; without it, one in this folder that is named after the phrase."""
    overwrite: bool = False
    """Replace the file where it exists."""


def erase(options: EraseOptions) -> None:
    """Erase a concept from a model; writes only the weights that changed."""
    import rich.filesize

    import unsee
    from unsee.concepts import as_concepts, slug, title
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
    given = {name: getattr(options, name) for name in asdict(unsee.EraseConfig())}
    # Before a model is loaded, or downloaded: can these settings be meant?
    unsee.EraseConfig.from_recipe(options.recipe or "fast", **given)
    model = options.load(options.model)
    config = unsee.EraseConfig.from_recipe(
        options.recipe or model.defaults.recipe,
        **given,
    )
    erase_into(
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
        f"({config.method}, eta {config.eta:g}): {out}, {size}"
    )
    compare = ["unsee", "compare", str(out), "--prompts", options.phrase, *options.also]
    compare += [] if options.model == "emoji" else ["--model", options.model]
    console.say(f"to see it, with prompts added for what must stay: {shlex.join(compare)}")


def erase_into(
    out: Path,
    model: "Denoiser",
    concepts: "Concept | Sequence[Concept]",
    config: "EraseConfig | None" = None,
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
