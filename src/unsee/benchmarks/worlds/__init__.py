"""What models know, what they are asked, and who looks at the answers.

world.py              the seam: concepts, prompts, real pictures, evaluators
emoji.py              the world of the embedded model
stable_diffusion.py   that of models of photographs and art: the paper's own concepts
prompt_files.py       prompts and pictures of published files
evaluators.py         the seam of those who look at pictures, and their registry
judge.py              the judge of emoji as an evaluator
published.py          published networks as evaluators

    world_of(model)        the world of a loaded model
    world_named("emoji")   the world of a model that goes by this name, before it is loaded
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unsee.benchmarks.worlds.world import World
    from unsee.denoisers.base import Denoiser


def world_of(model: "Denoiser") -> "World":
    """Find the world of a model by what it draws, whatever it is called."""
    return next(world for world in _worlds() if world.is_of(model)).of(model)


def world_named(name: str) -> "type[World] | None":
    """Find the world of a model that unsee knows by name; None for all others."""
    return next((world for world in _worlds() if name in world.known_as()), None)


def _worlds() -> "tuple[type[World], ...]":
    """All worlds; the last one takes every model."""
    from unsee.benchmarks.worlds.emoji import Emoji
    from unsee.benchmarks.worlds.stable_diffusion import StableDiffusion

    return Emoji, StableDiffusion
