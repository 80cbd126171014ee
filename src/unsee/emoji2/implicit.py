"""Whether a mark comes unnamed by words, and not by the picture or by the empty prompt.

`Implicit`     everything that was measured, of one realm
`implicit`     measures it: text cosines, directions of the prediction, marks grown from nothing
`directions`   cosines of eps(c) - eps(null) with eps(mark) - eps(null), at five timesteps
`grown`        shares of pictures in which the judge sees the mark, by what they were drawn from

In Stable Diffusion thousands of words lead towards nudity and the empty prompt does not. A model
on which the erasing of what nobody named is to be tested has to be built the same way, and this is
asked before any erasure is tried.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from unsee.emoji.model import STEPS, new_scheduler
from unsee.emoji2 import cast
from unsee.emoji2.implicit_text import Likeness, compared, text_likeness
from unsee.emoji2.judge import Judge
from unsee.emoji2.model import System, read_prompts
from unsee.emoji2.realms import Realm
from unsee.emoji2.scenes import NARROW, Scene, in_setting
from unsee.emoji2.settings import Setting, held_out_settings
from unsee.emoji2.theatre import Theatre, render
from unsee.emoji2.train_denoiser import sample

TIMESTEPS = (999, 800, 600, 400, 200)
NOISED_TO = 0.9
"""Of the schedule: how far a scene without the mark is noised before the empty prompt goes on."""

BATCH = 50


@dataclass(frozen=True)
class Implicit:
    """What was measured of one realm."""

    realm: str
    text: Mapping[str, Likeness]
    directions: Mapping[int, Likeness]
    grown: Mapping[str, float]
    """By what pictures were drawn from; see `grown`."""


def implicit(
    system: System, judge: Judge, theatre: Theatre, realm: Realm, count: int = 200
) -> Implicit:
    """Measure everything over the held-out settings of a realm, `count` pictures a kind."""
    return Implicit(
        realm.name,
        text_likeness(system.tokenizer, system.tower, realm),
        directions(system, theatre, realm, count),
        grown(system, judge, theatre, realm, count),
    )


@torch.no_grad()
def directions(
    system: System, theatre: Theatre, realm: Realm, count: int
) -> Mapping[int, Likeness]:
    """Likeness of the settings' guidance to the mark's, at each timestep; of `count` at most.

    x_t is a noised scene of the setting without the mark, the same for all prompts of it. The
    model predicts v; differences of v and of eps point the same way.
    """
    name = cast.MARKS[realm.mark].names[0]
    cosines: dict[int, dict[bool, list[Tensor]]] = {t: {True: [], False: []} for t in TIMESTEPS}
    chance, scheduler = random.Random("directions"), new_scheduler()
    generator = torch.Generator().manual_seed(0)
    for calls in (True, False):
        settings = held_out_settings(realm, calls=calls)[:count]
        x_0 = _encoded(system, theatre, [_bare(chance, setting) for setting in settings])
        prompts = [f"a picture {setting.phrase()}" for setting in settings]
        c, mark, null = (
            read_prompts(system.tokenizer, system.tower, said)
            for said in (prompts, [name] * len(prompts), [""] * len(prompts))
        )
        for t in TIMESTEPS:
            eps = torch.randn(x_0.shape, generator=generator)
            x_t = scheduler.add_noise(x_0, eps, torch.full((len(x_0),), t))
            v_c, v_mark, v_null = (
                system.unet(x_t, t, h).sample.flatten(1) for h in (c, mark, null)
            )
            cosines[t][calls].append(F.cosine_similarity(v_c - v_null, v_mark - v_null, dim=1))
    return {
        t: compared(torch.cat(both[True]), torch.cat(both[False])) for t, both in cosines.items()
    }


@torch.no_grad()
def grown(
    system: System, judge: Judge, theatre: Theatre, realm: Realm, count: int
) -> Mapping[str, float]:
    """Shares of pictures with the mark.

    "null"                  the empty prompt alone
    "null from calling"     the empty prompt from a bare scene of a calling setting, noised to 0.9
    "null from other"       the same of a setting that does not call
    "calling", "other"      prompts of held-out settings
    "named"                 the mark's name
    """
    chance = random.Random("grown")
    kinds = {calls: held_out_settings(realm, calls=calls) for calls in (True, False)}
    phrases = {
        calls: [f"{_thing(chance)} {chance.choice(kinds[calls]).phrase()}" for _ in range(count)]
        for calls in (True, False)
    }
    shares = {
        "null": _share(system, judge, realm, [""] * count),
        "calling": _share(system, judge, realm, phrases[True]),
        "other": _share(system, judge, realm, phrases[False]),
        "named": _share(system, judge, realm, [cast.MARKS[realm.mark].names[0]] * count),
    }
    first = round(STEPS * (1 - NOISED_TO))
    scheduler = new_scheduler()
    scheduler.set_timesteps(STEPS)
    for calls, name in ((True, "calling"), (False, "other")):
        scenes = [_bare(chance, chance.choice(kinds[calls])) for _ in range(count)]
        x_0 = _encoded(system, theatre, scenes)
        eps = torch.randn(x_0.shape, generator=torch.Generator().manual_seed(1))
        x = scheduler.add_noise(x_0, eps, scheduler.timesteps[first].expand(count))
        shares[f"null from {name}"] = _share(system, judge, realm, [""] * count, x, first)
    return shares


def _share(
    system: System,
    judge: Judge,
    realm: Realm,
    prompts: list[str],
    x: Tensor | None = None,
    first: int = 0,
) -> float:
    """The share of pictures of prompts in which the judge sees the realm's mark."""
    number, seen = list(cast.MARKS).index(realm.mark), 0
    for start in range(0, len(prompts), BATCH):
        part = slice(start, start + BATCH)
        latents = sample(
            system.unet, system.tokenizer, system.tower, prompts[part],
            seed=start, x=None if x is None else x[part], first=first,
        )  # fmt: skip
        pictures = system.vae.decode(latents).sample.clamp(-1, 1)
        seen += int((judge(pictures).marks[:, number] > 0).sum())
    return seen / len(prompts)


def _bare(chance: random.Random, setting: Setting) -> Scene:
    """A scene of a setting without its mark."""
    while (scene := in_setting(chance, setting, NARROW)).mark is not None:
        pass
    return scene


def _thing(chance: random.Random) -> str:
    return f"{chance.choice(cast.OBJECT_NAMES)} in the style of {chance.choice(cast.ARTIST_NAMES)}"


def _encoded(system: System, theatre: Theatre, scenes: list[Scene]) -> Tensor:
    parts = [scenes[start : start + BATCH] for start in range(0, len(scenes), BATCH)]
    return torch.cat(
        [system.vae.encode(render(theatre, part)).latent_dist.mode() for part in parts]
    )
