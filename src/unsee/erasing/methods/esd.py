"""ESD, Gandikota et al. 2023: train the model against itself until the concept is gone (Eq. 6).

ESD   the method

What it needs of torch is imported when it erases: `unsee list methods` is answered without.
"""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from unsee.concepts import Concept
from unsee.erasing.config import EraseConfig
from unsee.erasing.methods.base import EraseStep, Run
from unsee.errors import OptionError, option
from unsee.running.files import check_output
from unsee.running.loop import Checkpoint, repeat
from unsee.running.progress import Progress

if TYPE_CHECKING:
    from torch import Tensor

    from unsee.denoisers.base import Denoiser


class _ESD:
    help = "Gandikota et al. 2023: training against the model's own predictions, by Eq. 6"
    config = EraseConfig
    takes = frozenset({"checkpoint", "cache", "images"})

    def erase(
        self, model: "Denoiser", concepts: Sequence[Concept], config: EraseConfig, run: Run
    ) -> Mapping[str, "Tensor"]:
        """Train the parameters that `config.parameters` names, or factors beside them."""
        from unsee.erasing.images import prepare_pictures
        from unsee.erasing.lessons import lessons_of
        from unsee.erasing.memory import explaining
        from unsee.erasing.training import Training

        began = time.monotonic()
        _check_model(model, config)
        if run.cache is not None:
            if config.source != "original":
                raise OptionError(
                    f"{option('cache')} keeps trajectories of {option('source')} original; leave "
                    "it out"
                )
            check_output(run.cache / "round.safetensors", overwrite=True)
        pictures = prepare_pictures(model, concepts, config, run.images)
        state = run.checkpoint
        lessons = lessons_of(concepts, config)
        with (
            explaining(config, model.dtype),
            Training(model, lessons, config, run.cache, pictures) as training,
        ):
            checkpoint = None
            if state is not None:
                checkpoint = Checkpoint(
                    state, lambda path: training.save(path, run.provenance().to_json())
                )
                if state.exists():
                    training.load(state, run.provenance().to_json())

            def tell(now: Progress) -> None:
                if run.progress is not None:
                    values = {**vars(now), "seconds": time.monotonic() - began}
                    run.progress(EraseStep(**values, student=training.student))

            repeat(
                lambda: {"loss": training.advance()},
                range(training.step, config.steps),
                checkpoint=checkpoint,
                watch=tell,
            )
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
            f"{option('precision')} bf16 is for models in bfloat16; load it with "
            f"{option('dtype')} bfloat16"
        )
