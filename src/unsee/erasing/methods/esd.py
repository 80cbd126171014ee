"""ESD, Gandikota et al. 2023: train the model against itself until the concept is gone (Eq. 6).

ESD   the method

What it needs of torch is imported when it erases: `unsee list methods` is answered without.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unsee.concepts import Concept
from unsee.erasing.config import EraseConfig
from unsee.erasing.methods.base import EraseStep, Run
from unsee.errors import NonFiniteLoss, OptionError, Stopped
from unsee.running.files import check_output
from unsee.running.stopping import between_steps

if TYPE_CHECKING:
    from torch import Tensor

    from unsee.denoisers.base import Denoiser

SAVE_EVERY = 60.0
"""Seconds between two savings of the state, at the least."""


class _ESD:
    help = "Gandikota et al. 2023: training against the model's own predictions, by Eq. 6"
    config = EraseConfig
    takes = frozenset({"checkpoint", "cache", "images"})

    def erase(
        self, model: "Denoiser", concepts: Sequence[Concept], config: EraseConfig, run: Run
    ) -> Mapping[str, "Tensor"]:
        """Train the parameters that `config.parameters` names, or factors beside them."""
        from unsee.erasing.images import prepare_pictures
        from unsee.erasing.memory import explaining
        from unsee.erasing.training import Training

        began = time.monotonic()
        _check_model(model, config)
        if run.cache is not None:
            if config.source != "original":
                raise OptionError("--cache keeps trajectories of --source original; leave it out")
            check_output(run.cache / "round.safetensors", overwrite=True)
        pictures = prepare_pictures(model, concepts, config, run.images)
        state = run.checkpoint
        # Before the student is put in: it is the base that a state belongs to.
        provenance = "" if state is None else run.provenance().to_json()
        with (
            explaining(config, model.dtype),
            Training(model, concepts, config, run.cache, pictures) as training,
            between_steps() as stop,
        ):
            if state is not None and state.exists():
                training.load(state, provenance)
            save_at = time.monotonic() + SAVE_EVERY
            while training.step < config.steps:
                try:
                    loss = training.advance()
                except NonFiniteLoss as error:
                    if state is None:
                        raise
                    # What is not finite has not reached a weight.
                    training.save(state, provenance)
                    raise NonFiniteLoss(
                        f"{error}; the last good state is in {state}: delete it to start anew"
                    ) from error
                if run.progress is not None:
                    seconds = time.monotonic() - began
                    try:
                        run.progress(
                            EraseStep(training.step, config.steps, loss, seconds, training.student)
                        )
                    except KeyboardInterrupt:
                        stop.set()
                last = stop.is_set() or training.step == config.steps
                now = time.monotonic()
                if state is not None and (last or now > save_at):
                    training.save(state, provenance)
                    # A large state takes its time: spend no more than a tenth on saving.
                    save_at = time.monotonic() + max(SAVE_EVERY, 9 * (time.monotonic() - now))
                if stop.is_set() and training.step < config.steps:
                    raise _stopped(training.step, config.steps, state)
            return training.result()


ESD = _ESD()


def _check_model(model: "Denoiser", config: EraseConfig) -> None:
    import torch

    if model.dtype == torch.float16:
        raise OptionError(
            "gradients vanish in float16; load the model with dtype float32 or bfloat16"
        )
    if config.precision == "bf16" and model.dtype != torch.bfloat16:
        raise OptionError(
            "--precision bf16 is for models in bfloat16; load it with --dtype bfloat16"
        )


def _stopped(step: int, steps: int, state: Path | None) -> Stopped:
    done = f"stopped after step {step} of {steps}"
    if state is None:
        return Stopped(f"{done}; nothing is kept, since no checkpoint was asked for")
    return Stopped(f"{done}; the state is in {state}, and the same command goes on", state)
