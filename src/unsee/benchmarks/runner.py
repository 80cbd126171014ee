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
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from unsee.benchmarks.cache import Cache, Cost
from unsee.benchmarks.items import Draw, Erase, Item
from unsee.benchmarks.ledger import Erasure
from unsee.benchmarks.pictures import Pictures
from unsee.benchmarks.plan import Plan
from unsee.denoisers.base import Denoiser
from unsee.erasing.erase import erase
from unsee.erasing.methods.registry import METHODS
from unsee.errors import OptionError
from unsee.running.peak_memory import PeakMemory
from unsee.running.progress import Progress, Watch
from unsee.sampling.folder import generate_set
from unsee.weights.erased import ErasedWeights, identity_of


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

        def tell(done: Progress, what: str = what) -> None:
            if watch is not None:
                watch(replace(done, what=what))

        make(item, models[item.model], cache, tell)
    return Results(plan, cache)


def make(item: Item, model: Denoiser, cache: Cache, watch: Watch | None = None) -> None:
    """Make one item, unless the cache holds it; what it needs has to be there."""
    MAKERS[type(item)](item, model, cache, watch)


def title(item: Item) -> str:
    """Say in a few words what an item is."""
    if isinstance(item, Erase):
        return f"erasing {', '.join(item.phrases)} by {item.system}"
    if isinstance(item, Draw):
        return f"drawing by {item.system}" + (f" without {item.concept}" if item.phrases else "")
    return item.key


def _erase(item: Erase, model: Denoiser, cache: Cache, watch: Watch | None) -> None:
    cache.adopt(item, lambda: identity_of(model).sha256)
    if cache.cost(item) is not None:
        return
    before, began = cache.spent(item), time.monotonic()

    def spent() -> float:
        return before + time.monotonic() - began

    takes = METHODS.get(item.config.method).takes
    try:
        with PeakMemory(model.device) as peak:
            weights = erase(
                model,
                item.phrases,
                item.config,
                progress=watch,
                checkpoint=cache.state(item) if "checkpoint" in takes else None,
                images=[picture.image for picture in item.images] or None,
            )
    except BaseException:
        if cache.state(item).exists():
            cache.keep_spent(item, spent())
        raise
    cache.keep(item, weights, Cost(round(spent(), 1), peak.bytes))


def _draw(item: Draw, model: Denoiser, cache: Cache, watch: Watch | None) -> None:
    cache.adopt(item, lambda: identity_of(model).sha256)
    erasure = item.erasure
    applied = nullcontext() if erasure is None else cache.weights(erasure).applied(model)
    with applied:
        generate_set(
            model,
            item.prompts,
            cache.pictures(item),
            negative=item.concept if item.negative else None,
            unsafe=item.concept if item.sld else None,
            sld=item.sld,
            batch_size=item.batch_size,
            progress=watch,
        )


MAKERS: dict[type[Any], Callable[[Any, Denoiser, Cache, Watch | None], None]] = {
    Erase: _erase,
    Draw: _draw,
}
"""How each kind of item is made."""
