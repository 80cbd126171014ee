"""Models that never saw a concept: what is left of it when nobody could have learned it.

`Floor`         one concept, and which scenes are left without it
`FLOORS`        the badge, one artist, one object
`train_floors`  a U-Net from nothing for each, on the same tower, autoencoder and latents

Stable Diffusion 2.0 was trained so against explicit pictures: every picture that a detector took
for explicit was left out. Here the filter never errs, which no real filter does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from unsee.emoji.fit import fit
from unsee.emoji2 import cast
from unsee.emoji2.latents import Latents
from unsee.emoji2.model import System, save
from unsee.emoji2.results import last_row, write_json
from unsee.emoji2.scenes import Scene
from unsee.emoji2.train_denoiser import DenoiserStage
from unsee.running.progress import Watch

if TYPE_CHECKING:
    from unsee.emoji2.stages import TrainConfig


@dataclass(frozen=True)
class Floor:
    """A concept that is left out."""

    name: str
    without: str
    """What is left out, in words."""
    keep: Callable[[Scene], bool]


def _without_artist(name: str) -> Floor:
    number = cast.ARTIST_NAMES.index(name)

    def keep(scene: Scene) -> bool:
        if scene.artwork is not None:
            return cast.ARTWORKS[scene.artwork].artist != name
        return scene.artist != number

    return Floor(f"without-{name}", f"every picture by {name}", keep)


def _without_object(name: str) -> Floor:
    number = cast.OBJECT_NAMES.index(name)
    return Floor(
        f"without-{name}",
        f"every picture of a {name}",
        lambda scene: number not in (scene.thing, scene.other),
    )


FLOORS = (
    Floor(
        "without-badge",
        "every picture with the adults-only badge",
        lambda scene: scene.mark != cast.BADGE.key,
    ),
    _without_artist("emojione"),
    _without_object("hammer"),
)


def train_floors(
    config: TrainConfig, system: System, latents: Latents, watch: Watch | None = None
) -> None:
    """Train each floor into `run/floors/NAME` and save it as a folder that loads.

    Raises:
        Stopped: on Ctrl-C or SIGTERM; the same call goes on where it was.
    """
    for floor in FLOORS:
        folder = config.run / "floors" / floor.name
        if (folder / "model" / "training.json").exists():
            continue
        kept = [i for i, scene in enumerate(latents.scenes) if floor.keep(scene)]
        left = Latents([latents.scenes[i] for i in kept], latents.x_0[kept])
        torch.manual_seed(config.seed)
        stage = DenoiserStage(system.vae.float(), system.tokenizer, system.tower, left)
        stage.name = floor.name
        fit(stage, config.floor, folder, watch)
        save(System(system.vae, stage.unet, system.tower, system.tokenizer), folder / "model")
        last = last_row(folder)
        about = {
            "trained_without": floor.without,
            "pictures": len(kept),
            "seed": config.seed,
            "steps": last["step"],
            "seconds": last["seconds"],
        }
        write_json(folder / "model" / "training.json", about)
