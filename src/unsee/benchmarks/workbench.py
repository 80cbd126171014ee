"""Where an experiment works: it erases and draws, and finds again what is done already.

Workbench   the model, its evaluators and a folder; erasures and pictures are made once
Watch       what is told of the progress

In the folder, `erased/` holds a file per erasure and `pictures/` a folder per system, concept and
prompt set, each with the manifest that generate.py writes. All of it can be deleted at any time.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unsee.benchmarks.systems import System
from unsee.benchmarks.worlds.asked import numbered
from unsee.benchmarks.worlds.evaluators import Subject, stacked
from unsee.concepts import slug
from unsee.denoisers.base import Denoiser
from unsee.erasing.erase import erase, versions
from unsee.erasing.methods.base import MethodConfig
from unsee.erasing.methods.registry import config_of, configured
from unsee.erasing.settings import settings_of
from unsee.errors import ErasedFileError, OptionError
from unsee.prompts import DRAWN_AT_ONCE, PromptRow, PromptSet
from unsee.running.files import writing
from unsee.sampling.folder import generate_set
from unsee.weights.erased import ErasedWeights

Watch = Callable[[str, float, float], None]
"""Told what is being done, how much of it is, and how much there is."""


def unwatched(what: str, done: float, total: float) -> None:
    """Tell nobody."""


@dataclass
class Workbench:
    """The model, its evaluators and a folder."""

    model: Denoiser
    subject: Subject
    folder: Path
    censored: Denoiser | None = None
    """The model of the system `censored`."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings of every erasure in place of the recipe's."""
    seed: int = 0
    """Of the erasures."""
    batch_size: int = DRAWN_AT_ONCE
    """Pictures drawn at once."""
    watch: Watch = unwatched
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each erasure took, by its name; those found in the folder too."""
    censored_seconds: float | None = None
    """What it took to train the censored model, where its folder says so."""
    planned: int = 0
    """Erasures that the experiment needs; 0 where nobody said."""
    begun: dict[Path, None] = field(default_factory=dict)
    """Files of the erasures that were asked for so far, in order."""
    configs: dict[str, MethodConfig] = field(default_factory=dict)
    """The settings of every system's erasures, the last of it where they differ."""
    drawn: dict[PromptRow, None] = field(default_factory=dict)
    """Every prompt with its seed that was asked of any system, in order."""

    def config(self, system: System, **settings: Any) -> MethodConfig:
        """The settings of an erasure by a system."""
        assert system.method is not None
        has = settings_of(config_of(system.method))
        own = {"eta": system.eta, "seed": self.seed, "rollout_seed": self.seed}
        chosen = {
            "method": system.method,
            **{name: value for name, value in own.items() if name in has},
            **self.settings,
            **settings,
        }
        return configured(None, self.subject.recipe, chosen)

    def expect(self, systems: Sequence[System], *questions: str, concepts: int) -> None:
        """Find out before anything is drawn whether these can work and these can be answered.

        `concepts` is how many erasures each system will be asked for.
        """
        erasers = [system for system in systems if system.method is not None]
        for system in erasers:
            self.config(system)
        self.planned = len(erasers) * concepts
        self.subject.prepare(*questions)

    def record(self) -> dict[str, Any]:
        """What it worked with: for the result file."""
        return {
            "model fingerprint": self.model.fingerprint,
            "censored model": None if self.censored is None else self.censored.fingerprint,
            "recipe": self.subject.recipe,
            "drawing": {**asdict(self.model.defaults), "device": str(self.model.device)},
            "erasures": {name: asdict(config) for name, config in self.configs.items()},
            "versions": versions(),
        }

    def prompts(self) -> PromptSet:
        """Every prompt that was drawn, once with each seed."""
        return numbered([(row.prompt, row.seed, row.group) for row in self.drawn])

    def erased(
        self,
        system: System,
        concepts: str | Sequence[str],
        images: Sequence[Image.Image] | None = None,
        **settings: Any,
    ) -> ErasedWeights:
        """Erase, or take the file that an earlier run left."""
        config = self.configs[system.name] = self.config(system, **settings)
        phrases = [concepts] if isinstance(concepts, str) else list(concepts)
        pixels = [hashlib.sha256(image.tobytes()).hexdigest() for image in images or ()]
        key = _hash([self.model.fingerprint, asdict(config), phrases, *pixels])
        path = self.folder / "erased" / f"{slug(' '.join(phrases))}-{system.name}-{key}.safetensors"
        named = f"{', '.join(phrases)} by {system.name}"
        self.begun[path] = None
        place = list(self.begun).index(path) + 1
        what = f"erasing {named}" + (f" ({place} of {self.planned})" if self.planned else "")
        took = path.with_suffix(".json")
        there = _kept(path, took)
        if there is None:
            seconds = [0.0]

            def tell(done: Any) -> None:
                seconds[0] = done.seconds
                self.watch(what, done.step, done.steps)

            state = path.with_suffix(".unfinished")
            made = erase(
                self.model, phrases, config, progress=tell, checkpoint=state, images=images
            )
            made.save(path, overwrite=True)
            with writing(took, overwrite=True) as temporary:
                temporary.write_text(json.dumps({"seconds": round(seconds[0], 1)}) + "\n")
            state.unlink(missing_ok=True)
            there = made, round(seconds[0], 1)
        weights, self.seconds[named] = there
        return weights

    def draw(
        self,
        system: System,
        concept: str | Sequence[str],
        prompts: PromptSet,
        weights: ErasedWeights | None = None,
    ) -> NDArray[np.uint8]:
        """Draw a prompt set by a system that keeps the concept away: (n, height, width, 3).

        `weights` is an erasure that was made with settings of its own.
        """
        self.drawn |= {replace(row, id="any"): None for row in prompts}
        phrases = [concept] if isinstance(concept, str) else list(concept)
        plain = system.draws_as == "unedited" or system.censored
        sort: list[Any] = [
            system.draws_as,
            "" if plain else phrases,
            prompts.prompts,
            prompts.seeds,
        ]
        if weights is not None:
            sort.append(weights.provenance.to_json())
        elif system.method is not None:
            sort.append(asdict(self.config(system)))
        model = self.model
        if system.censored:
            if self.censored is None:
                raise OptionError("the system censored needs a model; give --censored-model")
            model = self.censored
        name = system.draws_as if plain else f"{slug(' '.join(phrases))}-{system.name}"
        folder = self.folder / "pictures" / f"{name}-{_hash([model.fingerprint, sort])}"
        what = f"drawing by {system.name}" + ("" if plain else f" without {', '.join(phrases)}")

        def paint() -> NDArray[np.uint8]:
            drawn = generate_set(
                model,
                prompts,
                folder,
                negative=", ".join(phrases) if system.negative else None,
                unsafe=", ".join(phrases) if system.sld else None,
                sld=system.sld,
                batch_size=self.batch_size,
                progress=lambda done: self.watch(what, done.done, done.total),
            )
            return stacked((_pixels(folder / one.file) for one in drawn), len(drawn))

        if system.method is None:
            return paint()
        made = weights if weights is not None else self.erased(system, phrases)
        with made.applied(model):
            return paint()


def _kept(path: Path, took: Path) -> tuple[ErasedWeights, float] | None:
    """The erasure of an earlier run and its seconds; None if a file is missing or damaged."""
    if not (path.exists() and took.exists()):
        return None
    try:
        return ErasedWeights.load(path), float(json.loads(took.read_text())["seconds"])
    except (ErasedFileError, ValueError, KeyError, TypeError):
        return None


def _pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def _hash(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
