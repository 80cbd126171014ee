"""A plan is carried out here, in this process; what is done already is not done again.

run       makes every item of a plan that the cache does not hold
make      one item; what it needs is made
Results   what was made, for whoever reads it: pictures, weights, the ledger

Another runner calls `make` for each item in an order that has what an item needs before it, in as
many processes as it likes: all that an item depends on is in itself, and all that it comes to is
in the cache.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from unsee.benchmarks.cache import Cache, Cost
from unsee.benchmarks.ledger import Erasure
from unsee.benchmarks.pictures import Pictures
from unsee.benchmarks.plan import Draw, Erase, Item, Plan
from unsee.denoisers.base import Denoiser
from unsee.erasing.erase import EraseStep, erase
from unsee.errors import OptionError
from unsee.running.peak_memory import PeakMemory
from unsee.running.progress import Progress, Watch
from unsee.sampling.folder import generate_set
from unsee.sampling.trajectory import GenerateStep
from unsee.weights.erased import ErasedWeights


@dataclass(frozen=True)
class Results:
    """What the items of a plan came to."""

    plan: Plan
    cache: Cache

    def __getitem__(self, draw: Draw) -> Pictures:
        if draw.key not in self.plan.keys:
            raise KeyError(f"{draw.key} is not in the plan")
        return self.cache.drawn(draw)

    def weights(self, erasure: Erase) -> ErasedWeights:
        """What an erasure came to."""
        return self.cache.weights(erasure)

    def cost(self, erasure: Erase) -> Erasure:
        """What an erasure took."""
        return Erasure.of(erasure, self.cache)

    @cached_property
    def ledger(self) -> list[Erasure]:
        """Every erasure of the plan, in its order."""
        return [self.cost(erasure) for erasure in self.plan.erasures]


def run(
    plan: Plan, models: Mapping[str, Denoiser], cache: Cache, watch: Watch | None = None
) -> Results:
    """Make all of a plan; `models` are those of its items, by fingerprint.

    `watch` hears of each item how far it is, and which of how many of its kind.

    Raises:
        OptionError: an item is of a model that is not among them.
        Stopped: between two steps or batches; the same call goes on.
    """
    for item in plan:
        if item.model not in models:
            raise OptionError(f"{item.key} needs the model {item.model[:12]}; load it as well")
    count = {kind: sum(type(item) is kind for item in plan) for kind in MAKERS}
    begun = dict.fromkeys(MAKERS, 0)
    for item in plan:
        kind = type(item)
        begun[kind] += 1
        what = f"{title(item)} ({begun[kind]} of {count[kind]})"

        def tell(done: float, total: int, seconds: float = 0.0, what: str = what) -> None:
            if watch is not None:
                watch(Progress(done=done, total=total, what=what, seconds=seconds))

        make(item, models[item.model], cache, tell)
    return Results(plan, cache)


Tell = Callable[..., None]
"""Told how much of an item is done, of how much, and perhaps in how many seconds."""


def make(item: Item, model: Denoiser, cache: Cache, tell: Tell = lambda *_: None) -> None:
    """Make one item, unless the cache holds it; what it needs has to be there."""
    MAKERS[type(item)](item, model, cache, tell)


def title(item: Item) -> str:
    """Say in a few words what an item is."""
    if isinstance(item, Erase):
        return f"erasing {', '.join(item.phrases)} by {item.system}"
    if isinstance(item, Draw):
        return f"drawing by {item.system}" + (f" without {item.concept}" if item.phrases else "")
    return item.key


def _make_erasure(item: Erase, model: Denoiser, cache: Cache, tell: Tell) -> None:
    if cache.cost(item) is not None:
        return

    def step(done: EraseStep) -> None:
        tell(done.step, done.steps, done.seconds)

    before, began = cache.spent(item), time.monotonic()

    def spent() -> float:
        return before + time.monotonic() - began

    try:
        with PeakMemory(model.device) as peak:
            weights = erase(
                model,
                item.phrases,
                item.config,
                progress=step,
                checkpoint=cache.state(item),
                images=[picture.image for picture in item.images] or None,
            )
    except BaseException:
        if cache.state(item).exists():
            cache.keep_spent(item, spent())
        raise
    cache.keep(item, weights, Cost(round(spent(), 1), peak.bytes))


def _draw(item: Draw, model: Denoiser, cache: Cache, tell: Tell) -> None:
    def step(done: GenerateStep) -> None:
        tell(done.done, done.total)

    def draw() -> None:
        generate_set(
            model,
            item.prompts,
            cache.pictures(item),
            negative=item.concept if item.negative else None,
            unsafe=item.concept if item.sld else None,
            sld=item.sld,
            batch_size=item.batch_size,
            progress=step,
        )

    if item.erasure is None:
        draw()
    else:
        with cache.weights(item.erasure).applied(model):
            draw()


MAKERS: dict[type[Any], Callable[[Any, Denoiser, Cache, Tell], None]] = {
    Erase: _make_erasure,
    Draw: _draw,
}
"""How each kind of item is made."""
