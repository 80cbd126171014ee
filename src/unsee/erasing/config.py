"""The settings of an erasure by ESD, each stated once.

EraseConfig     every setting; each is checked when it is made
PARAMETERS      which weights may change: name -> what those are and what for
SOURCES, SAMPLERS, MASTERS   choices of other settings: name -> what it stands for
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from unsee.denoisers import places
from unsee.denoisers.samplers import SAMPLERS
from unsee.erasing.methods.base import METHOD_HELP, MethodConfig
from unsee.erasing.settings import documented, setting
from unsee.errors import OptionError, option

PARAMETERS = {name: chosen.help for name, chosen in places.PARAMETERS.items()}
SOURCES = {
    "edited": "from the model as it is edited, one random moment of each trajectory: the paper",
    "original": "from the unedited model, every moment of each trajectory: faster",
    "images": "from given pictures and noise, without sampling: to erase those very pictures",
}
MASTERS = {
    "fp32": "full precision, whatever the model computes in",
    "bf16": "for models in bfloat16: a quarter of the memory, rounded at random",
}
_ORIGINAL = {"source": ("original",)}


@documented
@dataclass(frozen=True, kw_only=True)
class EraseConfig(MethodConfig):
    """Settings of an erasure. The defaults are the paper's, and recipes/paper.toml spells them."""

    short_names: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        **{f"esd-{name}": {"parameters": name} for name in PARAMETERS},
        **{name: {"parameters": name} for name in ("selfattn", "full")},
    }

    method: str = setting("esd", f"{METHOD_HELP} esd-x, esd-u and so on say the parameters too.")
    parameters: str = setting(
        "x",
        "Which weights may change: x for styles, u for objects; `unsee list parameters` says more.",
        choices=PARAMETERS,
    )
    eta: float = setting(
        1.0,
        "Strength of the erasure, in the paper's convention (public code counts one more); "
        "1 to 3 is usual.",
        lowest=0,
        highest=100,
    )
    steps: int = setting(1000, "Gradient steps.", lowest=1, highest=1_000_000)
    lr: float = setting(1e-5, "Learning rate of Adam.", above=0, highest=1)
    decay: float = setting(
        0.0,
        "The last part of the steps, in which the learning rate falls to zero; 0 for none of them.",
        lowest=0,
        highest=1,
    )
    batch: int = setting(1, "Latents in one gradient step.", lowest=1, highest=4096)
    seed: int = setting(
        0,
        "Seed of the order of latents; with source edited, of their noise and timesteps too. "
        "The same seed gives the same file, byte for byte.",
        lowest=0,
        highest=2**63 - 1,
    )
    source: str = setting(
        "edited",
        "Where latents come from: sampled by the model as it is edited (the paper) or by the "
        "original one (faster), or given as pictures.",
        choices=SOURCES,
    )
    sampler: str = setting(
        "ddim",
        "What samples the latents; `model` is the sampler that the model comes with.",
        choices=SAMPLERS,
    )
    sampler_steps: int = setting(
        50, "Steps of a whole trajectory from noise to picture.", lowest=1, highest=1000
    )
    sampling_guidance: float = setting(
        3.0,
        "Guidance scale while latents are sampled, the paper's α.",
        lowest=0,
        highest=100,
        only={"source": ("edited", "original")},
    )
    rollouts: int = setting(
        1, "Trajectories sampled at once.", lowest=1, highest=4096, only=_ORIGINAL
    )
    rollout_seed: int = setting(
        0, "Seed of the trajectories' noise.", lowest=0, highest=2**31 - 1, only=_ORIGINAL
    )
    reuse: int = setting(
        1, "How often each latent is trained on.", lowest=1, highest=1000, only=_ORIGINAL
    )
    precision: str = setting(
        "fp32",
        "What the trained weights are kept in, and their optimiser's state, whatever the model "
        "computes in.",
        choices=MASTERS,
        only={"lora_rank": (0,)},
    )
    lora_rank: int = setting(
        0,
        "Rank of the low-rank factors that are trained in place of the weights, a file of under a "
        "per cent; 0 for the weights. Factors beside the parameters u want a higher lr.",
        lowest=0,
        highest=4096,
    )
    contexts: tuple[str, ...] = setting(
        (),
        "Prompts in which the concept is to be lost as well, {} where it stands, such as "
        '"a house {}"; the target then starts at the prediction for the prompt without it, which '
        "is kept.",
    )
    preserve: tuple[str, ...] = setting(
        (),
        "Prompts whose predictions are held to the original model's, what must stay: every other "
        "latent is theirs.",
    )
    preserve_weight: float = setting(
        1.0,
        "What a preserved prompt counts in the loss, against 1 for the concept.",
        above=0,
        needs="preserve",
    )

    @classmethod
    def check_together(cls, values: Mapping[str, Any]) -> None:
        """Raise an OptionError where settings contradict each other; `values` may be some of them.

        Prompts are checked here too: an empty one, or a context without a place for the concept.
        """
        preserve, contexts = values.get("preserve", ()), values.get("contexts", ())
        if preserve and values.get("source") == "images":
            raise OptionError(
                f"{option('preserve')} needs latents of its prompts; {option('source')} images "
                "has none"
            )
        for prompt in (*preserve, *contexts):
            if not prompt.strip():
                raise OptionError(
                    f"{option('preserve')} and {option('contexts')} take prompts, and one is empty"
                )
        for context in contexts:
            if context.count("{}") != 1 or not context.replace("{}", "").strip():
                raise OptionError(
                    f"{option('contexts')} takes prompts with {{}} where the concept stands, "
                    "such as "
                    f"'a house {{}}', not {context!r}"
                )

    def rate(self, step: int) -> float:
        """The learning rate of a step, numbered from 0."""
        falling = self.decay * self.steps
        return self.lr * min(1.0, (self.steps - step) / falling) if falling else self.lr
