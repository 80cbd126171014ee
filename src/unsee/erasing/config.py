"""The settings of an erasure, and the recipes that hold published ones.

EraseConfig     every setting; each is checked when it is made
RECIPES         names of the recipes that ship with unsee
read_recipe     a recipe's settings, with what it says for one method put in

A recipe is a TOML file with fields of EraseConfig at the top, and tables [METHOD] with what is
different when that method is used:

    eta = 3.0
    lr = 3e-4
    [esd-u]
    lr = 5e-5
"""

import importlib.resources
import math
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from unsee.denoisers.schedule import SAMPLERS
from unsee.erasing.selection import METHODS
from unsee.errors import OptionError, unknown_name

SOURCES = {
    "edited": "from the model as it is edited, one random moment of each trajectory: the paper",
    "original": "from the unedited model, every moment of each trajectory: faster",
    "images": "from given pictures and noise, without sampling: to erase those very pictures",
}
PRECISIONS = {
    "fp32": "full precision, whatever the model computes in",
    "bf16": "for models in bfloat16: a quarter of the memory, rounded at random",
}
_KIND_NAMES: dict[Any, str] = {
    float: "a number",
    int: "a whole number",
    str: "a name",
    tuple: "a list of prompts",
}
_FOLDER = importlib.resources.files("unsee.erasing") / "recipes"
RECIPES = tuple(
    sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if ".toml" in file.name)
)


@dataclass(frozen=True, kw_only=True)
class EraseConfig:
    """Settings of an erasure. The defaults are the paper's, and recipes/paper.toml spells them."""

    method: str = "esd-x"
    """Which parameters are trained: a key of selection.METHODS."""
    eta: float = 1.0
    """Strength of the erasure, in the paper's convention (public code counts one more)."""
    steps: int = 1000
    """Gradient steps."""
    lr: float = 1e-5
    """Learning rate of Adam."""
    decay: float = 0.0
    """The last part of the steps, in which the learning rate falls to zero; 0 for none of them."""
    batch: int = 1
    """Latents in one gradient step."""
    seed: int = 0
    """Seed of the order of latents; with source edited, of their noise and timesteps too."""
    source: str = "edited"
    """Where latents come from: a key of SOURCES."""
    sampler: str = "ddim"
    """What samples them: a key of SAMPLERS."""
    sampler_steps: int = 50
    """Steps of a whole trajectory from noise to picture."""
    sampling_guidance: float = 3.0
    """Guidance scale while latents are sampled, the paper's α."""
    rollouts: int = 1
    """Trajectories sampled at once, with source original."""
    rollout_seed: int = 0
    """Seed of the trajectories' noise, with source original."""
    reuse: int = 1
    """How often each latent is trained on, with source original."""
    precision: str = "fp32"
    """What the trained weights are kept in, and their optimiser's state: a key of PRECISIONS."""
    lora_rank: int = 0
    """Rank of the low-rank factors that are trained in place of the weights; 0 for the weights."""
    contexts: tuple[str, ...] = ()
    """Prompts in which the concept is to be lost as well, {} where it stands, such as "a house by
    {}"; the target then starts at the prediction for the prompt without it, which is kept."""
    preserve: tuple[str, ...] = ()
    """Prompts whose predictions are held to the original model's: every other latent is theirs."""
    preserve_weight: float = 1.0
    """What a preserved prompt counts in the loss, against 1 for the concept."""

    def __post_init__(self) -> None:
        """Refuse what is out of range, naming the flag."""
        for field in fields(self):
            value = getattr(self, field.name)
            kind = field.type
            if kind is float and type(value) is int:
                value = float(value)
                object.__setattr__(self, field.name, value)
            if kind == tuple[str, ...]:
                # TOML and JSON have lists.
                kind, value = tuple, tuple(value) if isinstance(value, list) else value
                object.__setattr__(self, field.name, value)
            texts = value if isinstance(value, tuple) else ()
            if type(value) is not kind or not all(isinstance(text, str) for text in texts):
                kind = _KIND_NAMES[kind]
                raise OptionError(f"{_flag(field.name)} must be {kind}, not {value!r}")
        for name, choices in (
            ("method", METHODS),
            ("source", SOURCES),
            ("sampler", SAMPLERS),
            ("precision", PRECISIONS),
        ):
            if getattr(self, name) not in choices:
                raise unknown_name(name, getattr(self, name), choices)
        self._check_range("eta", 0, 100)
        self._check_range("steps", 1, 1_000_000)
        if not 0 < self.lr <= 1:
            raise OptionError(f"--lr must be above 0 and at most 1, not {self.lr}")
        self._check_range("decay", 0, 1)
        self._check_range("batch", 1, 4096)
        self._check_range("seed", 0, 2**63 - 1)
        self._check_range("sampler_steps", 1, 1000)
        self._check_range("sampling_guidance", 0, 100)
        self._check_range("rollouts", 1, 4096)
        self._check_range("rollout_seed", 0, 2**31 - 1)
        self._check_range("reuse", 1, 1000)
        self._check_range("lora_rank", 0, 4096)
        if self.lora_rank and self.precision != "fp32":
            raise OptionError("--lora-rank trains in fp32; leave out --precision")
        if not (math.isfinite(self.preserve_weight) and self.preserve_weight > 0):
            raise OptionError(f"--preserve-weight must be above 0, not {self.preserve_weight}")
        if self.preserve_weight != 1 and not self.preserve:
            raise OptionError("--preserve-weight weighs the prompts of --preserve; give some")
        if self.preserve and self.source == "images":
            raise OptionError("--preserve needs latents of its prompts; --source images has none")
        for prompt in (*self.preserve, *self.contexts):
            if not prompt.strip():
                raise OptionError("--preserve and --contexts take prompts, and one is empty")
        for context in self.contexts:
            if context.count("{}") != 1 or not context.replace("{}", "").strip():
                raise OptionError(
                    f"--contexts takes prompts with {{}} where the concept stands, such as "
                    f"'a house {{}}', not {context!r}"
                )

    @classmethod
    def from_recipe(cls, recipe: str | Path, **settings: Any) -> Self:
        """Take the settings of a recipe, and `settings` instead of its own.

        from_recipe("paper")                        the paper's
        from_recipe("emoji", method="esd-u")        with what the recipe says for that method
        from_recipe("emoji", eta=3.0, lr=None)      None leaves a setting to the recipe
        from_recipe("my-settings.toml")             a file of your own
        """
        given = {name: value for name, value in settings.items() if value is not None}
        _check_names("setting", given)
        return cls(**{**read_recipe(recipe, given.get("method")), **given})

    def rate(self, step: int) -> float:
        """The learning rate of a step, numbered from 0."""
        falling = self.decay * self.steps
        return self.lr * min(1.0, (self.steps - step) / falling) if falling else self.lr

    def _check_range(self, name: str, lowest: int, highest: int) -> None:
        value = getattr(self, name)
        if not (math.isfinite(value) and lowest <= value <= highest):
            raise OptionError(f"{_flag(name)} must be between {lowest} and {highest}, not {value}")


def read_recipe(recipe: str | Path, method: str | None = None) -> dict[str, Any]:
    """Read a recipe that ships with unsee, or a .toml file; for `method`, or for its own."""
    text = _recipe_text(str(recipe))
    try:
        record = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"recipe {recipe} is not valid TOML: {error}") from error
    tables = {name: table for name, table in record.items() if isinstance(table, dict)}
    settings = {name: value for name, value in record.items() if name not in tables}
    for name, table in tables.items():
        if name not in METHODS:
            raise unknown_name(f"method in recipe {recipe}", name, METHODS)
        _check_names(f"setting in recipe {recipe}, table {name}", table)
    _check_names(f"setting in recipe {recipe}", settings)
    if method is not None:
        settings["method"] = method
    return {**settings, **tables.get(settings.get("method", EraseConfig.method), {})}


def _recipe_text(recipe: str) -> str:
    if recipe in RECIPES:
        return (_FOLDER / f"{recipe}.toml").read_text(encoding="utf-8")
    path = Path(recipe)
    if path.suffix != ".toml":
        raise unknown_name("recipe", recipe, RECIPES, hint="or a .toml file of your own")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"cannot read the recipe {path}: {error}") from error


def _check_names(kind: str, settings: dict[str, Any]) -> None:
    known = [field.name for field in fields(EraseConfig)]
    for name in settings:
        if name not in known:
            raise unknown_name(kind, name, known)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
