"""Erase a concept: the one place where model, rollout, objective and optimiser meet.

erase          a model and one or several concepts -> ErasedWeights
EraseConfig    the settings (config.py)
EraseStep      what whoever watches is told after each step
versions       of what decides the result
"""

import importlib.metadata
import json
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
from PIL import Image

from unsee.concepts import Concept, as_concepts
from unsee.denoisers.base import Denoiser
from unsee.erasing.config import EraseConfig as EraseConfig
from unsee.erasing.images import prepare_pictures
from unsee.erasing.lessons import lessons_of
from unsee.erasing.memory import explaining
from unsee.erasing.training import Training
from unsee.errors import ErasedFileError, OptionError
from unsee.running.files import check_output
from unsee.running.fingerprints import fingerprints
from unsee.running.loop import Checkpoint, repeat
from unsee.running.progress import Progress
from unsee.weights.erased import ErasedWeights, applied_to
from unsee.weights.provenance import Provenance


@dataclass(frozen=True, kw_only=True)
class EraseStep(Progress):
    """One gradient step that has been made; `seconds` are those since `erase` was called."""

    student: Callable[[], AbstractContextManager[None]]
    """Opens a block in which the model is the student as it is after this step: draw with it there,
    while the callback runs. The result is the same as if nobody had looked."""

    @property
    def step(self) -> int:
        """Its number, from 1."""
        return int(self.done)

    @property
    def steps(self) -> int:
        """How many there will be."""
        return self.total

    @property
    def loss(self) -> float:
        """Before the step."""
        return self.values["loss"]


def erase(
    model: Denoiser,
    concepts: str | Concept | Sequence[str | Concept],
    config: EraseConfig | None = None,
    *,
    progress: Callable[[EraseStep], None] | None = None,
    checkpoint: str | Path | None = None,
    cache: str | Path | None = None,
    images: Sequence[Image.Image] | None = None,
) -> ErasedWeights:
    """Train the parameters that `config.method` selects until the concept is gone (Eq. 6).

    Of several concepts, each is trained in turn; one file then erases all of them.

    The model itself is left as it was, bit for bit: the result is in the ErasedWeights.
    Without `config`, the settings are those of the model's own recipe.

    The same seed gives the same bytes, on the same machine with the same versions and number of
    threads; on a GPU, as far as its kernels are deterministic.

    With `checkpoint`, the state is kept in that file, every minute and when Ctrl-C, or a
    KeyboardInterrupt that `progress` raises, stops the work between two steps: the call then ends
    with Stopped. The same call continues from there and ends with the same weights as if it
    had never stopped. The file stays after the last step; delete it once the result is saved.

    With `cache`, a folder, trajectories of source `original` are kept there: erasures that differ
    only in η, method, rate, steps or seed sample them once. The result is the same without it.

    With source `images`, `images` are the pictures to erase: all of them for a single concept, or
    one for each of several.
    """
    began = time.monotonic()
    concepts = as_concepts(concepts)
    config = config or EraseConfig.from_recipe(model.defaults.recipe)
    _check_model(model, config)
    pictures, hashes = prepare_pictures(model, concepts, config, images)
    recipe = _recipe(model, concepts, config, hashes)
    state = Path(checkpoint) if checkpoint is not None else None
    if state is not None:
        check_output(state, overwrite=True)
    rounds = Path(cache) if cache is not None else None
    if rounds is not None:
        if config.source != "original":
            raise OptionError("--cache keeps trajectories of --source original; leave it out")
        check_output(rounds / "round.safetensors", overwrite=True)
    with (
        explaining(config, model.dtype),
        Training(model, lessons_of(concepts, config), config, rounds, pictures) as training,
    ):
        kept = None
        if state is not None:
            kept = Checkpoint(state, partial(training.save, recipe=recipe.to_json()))
            if state.exists():
                training.load(state, recipe.to_json())

        def tell(now: Progress) -> None:
            if progress is not None:
                values = {**vars(now), "seconds": time.monotonic() - began}
                progress(EraseStep(**values, student=training.student))

        repeat(
            lambda: {"loss": training.advance()},
            range(training.step, config.steps),
            checkpoint=kept,
            watch=tell,
        )
        return ErasedWeights.made(training.result(), recipe)


def _check_model(model: Denoiser, config: EraseConfig) -> None:
    carried = applied_to(model.network)
    if carried is not None:
        raise ErasedFileError(
            f"the model carries the erasure of {carried.provenance.title}; "
            "restore it first, an erasure starts from the original"
        )
    if model.dtype == torch.float16:
        raise OptionError(
            "gradients vanish in float16; load the model with dtype float32 or bfloat16"
        )
    if config.precision == "bf16" and model.dtype != torch.bfloat16:
        raise OptionError(
            "--precision bf16 is for models in bfloat16; load it with --dtype bfloat16"
        )


def _recipe(
    model: Denoiser, concepts: tuple[Concept, ...], config: EraseConfig, images: tuple[str, ...]
) -> Provenance:
    # Of a folder or file only its name: where it lies is nobody's business.
    place = Path(model.name)
    return Provenance(
        base=place.resolve().name if place.exists() else model.name,
        base_fingerprints=fingerprints(model.network.state_dict()),
        concepts=concepts,
        method=config.method,
        # As it is read back: JSON has lists for tuples.
        config=json.loads(json.dumps(asdict(config))),
        versions=versions(),
        images=images,
    )


def versions() -> dict[str, str]:
    """Versions of the packages that decide what an erasure comes to."""
    return {name: _version(name) for name in ("unsee", "torch", "diffusers")}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
