"""Is an experiment's erasure that of a file? A useless file must not boast of another's numbers.

Likeness   whether it is, and how the card says so
likeness   a result, a recipe -> that

An experiment erases anew. Its numbers speak for a file of the same concept, method and η only
where every other setting agrees too, but for the seeds. A result's ledger tells what each was made
with; the oldest tell steps and rate alone, where these were chosen.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from unsee.benchmarks import ledger
from unsee.benchmarks.ledger import Erasure
from unsee.benchmarks.outcome import Outcome
from unsee.benchmarks.systems import System
from unsee.card.markdown import code
from unsee.erasing.methods.registry import as_written_now, name_of
from unsee.errors import UnseeError
from unsee.weights.provenance import Provenance

SEEDS = ("seed", "rollout_seed")
DECIDING = ("steps", "lr")
"""What a result must tell at the least before it can be of a file."""


@dataclass(frozen=True)
class Likeness:
    """Whether an experiment's erasure is that of a file, and how the card says so."""

    own: bool
    about: str
    """For the heading."""
    text: str
    """Markdown: a sentence or two."""


def likeness(outcome: Outcome, recipe: Provenance) -> Likeness:
    """Compare what an experiment erased with what a file says of itself."""
    erasures = list(_erasures(outcome, recipe))
    if not erasures:
        return Likeness(
            False,
            "other erasures from the same base",
            "Its numbers are of **other erasures** from the same base: this concept, by this "
            "method and η, is not among them.",
        )
    theirs = erasures[0].config
    among = "This concept was among those that the experiment erased anew by this method and η, "
    if any(name not in theirs for name in DECIDING):
        return Likeness(
            False,
            "this concept, with settings that it does not tell",
            f"{among}but the result does not say with how many steps and at which rate: its "
            "numbers may **not be those of this file**.",
        )
    here = as_written_now(recipe.config)
    config = {name: value for name, value in here.items() if name not in SEEDS}
    differing = [name for name in config if name in theirs and theirs[name] != config[name]]
    if differing:
        told = "; ".join(
            f"{code(name)} {code(str(theirs[name]))} there, {code(str(config[name]))} here"
            for name in differing
        )
        return Likeness(
            False,
            "this concept, with other settings",
            f"{among}but with **other settings** ({told}): its numbers are not those of this file.",
        )
    return Likeness(True, "this concept", f"{among}with the settings of this file.")


def _erasures(outcome: Outcome, recipe: Provenance) -> Iterator[Erasure]:
    """Those of these concepts, by this method and eta."""
    if not plainly_named(recipe):
        return
    concepts = tuple(concept.phrase for concept in recipe.concepts)
    for erasure in ledger.read(outcome.settings):
        try:
            system = System.named(erasure.system)
        except UnseeError:
            continue
        if erasure.is_of(concepts) and (system.method, system.eta) == (
            name_of(recipe.config),
            recipe.eta,
        ):
            yield erasure


def plainly_named(recipe: Provenance) -> bool:
    """Whether each concept is a phrase and nothing else: benchmarks erase no others."""
    return all(one.erase_from is None and not one.synonyms for one in recipe.concepts)
