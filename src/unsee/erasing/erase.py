"""Erase a concept by whichever method its settings are of.

erase       a model and one or several concepts -> ErasedWeights
versions    of what decides the result
"""

import functools
import importlib.metadata
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from PIL import Image

from unsee.concepts import Concept, as_concepts
from unsee.denoisers.base import Denoiser
from unsee.erasing.images import picture_hashes
from unsee.erasing.methods.base import EraseStep as EraseStep
from unsee.erasing.methods.base import Method, MethodConfig, Run
from unsee.erasing.methods.registry import METHODS, configured
from unsee.errors import ErasedFileError, OptionError, option
from unsee.running.files import check_output
from unsee.running.fingerprints import Identity
from unsee.weights.erased import ErasedWeights, applied_to, identity_of
from unsee.weights.provenance import Provenance


def erase(
    model: Denoiser,
    concepts: str | Concept | Sequence[str | Concept],
    config: MethodConfig | None = None,
    *,
    progress: Callable[[EraseStep], None] | None = None,
    checkpoint: str | Path | None = None,
    cache: str | Path | None = None,
    images: Sequence[Image.Image] | None = None,
) -> ErasedWeights:
    """Erase concepts by the method that `config` holds the settings of: an EraseConfig for ESD.

    Of several concepts, each is erased in turn; one file then erases all of them.

    The model itself is left as it was, bit for bit: the result is in the ErasedWeights.
    Without `config`, the settings are those of the model's own recipe.

    The same seed gives the same bytes, on the same machine with the same versions and number of
    threads; on a GPU, as far as its kernels are deterministic.

    With `checkpoint`, the state is kept in that file, every minute and when Ctrl-C, or a
    KeyboardInterrupt that `progress` raises, stops the work between two steps: the call then ends
    with Stopped. The same call continues from there and ends with the same weights as if it
    had never stopped. The file stays after the last step; delete it once the result is saved.

    With `cache`, a folder, trajectories of source `original` are kept there: erasures that differ
    only in η, parameters, rate, steps or seed sample them once. The result is the same without it.

    With source `images`, `images` are the pictures to erase: all of them for a single concept, or
    one for each of several.

    Raises:
        ErasedFileError: the model carries an erasure already.
        OptionError: the method has no use for the checkpoint, the cache or the pictures, or its
            settings contradict them or the model.
        ConceptError: the model cannot tell the concept from the empty prompt.
        Stopped: see above.
        NonFiniteLoss: the training diverged.
    """
    concepts = as_concepts(concepts)
    config = config or configured(None, model.defaults.recipe, {})
    method = _method_of(config)
    carried = applied_to(model.network)
    if carried is not None:
        raise ErasedFileError(
            f"the model carries the erasure of {carried.provenance.title}; "
            "restore it first, an erasure starts from the original"
        )
    # Hashed when the first file is written, which is no matter of the first step.
    identity = identity_of(model)
    run = Run(
        progress=progress,
        checkpoint=None if checkpoint is None else Path(checkpoint),
        cache=None if cache is None else Path(cache),
        images=tuple(images or ()),
        provenance=functools.cache(
            lambda: _provenance(model, identity, concepts, config, images or ())
        ),
    )
    for name in ("checkpoint", "cache", "images"):
        if getattr(run, name) and name not in method.takes:
            raise OptionError(f"method {config.method} has no use for {option(name)}; leave it out")
    if run.checkpoint is not None:
        check_output(run.checkpoint, overwrite=True)
    tensors = method.erase(model, concepts, config, run)
    return ErasedWeights.made(tensors, run.provenance())


def _method_of(config: MethodConfig) -> Method:
    method = METHODS.get(config.method)
    if not isinstance(config, method.config):
        raise OptionError(
            f"method {config.method} has its settings in a {method.config.__name__}, "
            f"not in a {type(config).__name__}"
        )
    return method


def _provenance(
    model: Denoiser,
    identity: Identity,
    concepts: tuple[Concept, ...],
    config: MethodConfig,
    images: Sequence[Image.Image],
) -> Provenance:
    # Of a folder or file only its name: where it lies is nobody's business.
    place = Path(model.name)
    return Provenance(
        base=place.resolve().name if place.exists() else model.name,
        base_fingerprints=identity.fingerprints,
        concepts=concepts,
        method=config.name,
        # As it is read back: JSON has lists for tuples.
        config=json.loads(json.dumps(asdict(config))),
        versions=versions(),
        images=picture_hashes(model, images),
    )


def versions() -> dict[str, str]:
    """Versions of the packages that decide what an erasure comes to."""
    return {name: _version(name) for name in ("unsee", "torch", "diffusers")}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
