"""How many pictures show what: rates that several experiments take.

by_artist   pictures taken for an artist's
content     pictures that show what their prompt asks for besides the artist
explicit    pictures in which anything of the explicit concept is found
"""

from unsee.benchmarks.pictures import Pictures
from unsee.benchmarks.worlds.evaluators import Evaluators
from unsee.metrics.rates import NONE, Rate
from unsee.prompts import PromptSet


def by_artist(evaluators: Evaluators, pictures: Pictures, name: str) -> Rate:
    """Count pictures taken for an artist's; no trials where nobody can tell."""
    artists = evaluators.artists(pictures)
    return NONE if artists is None else Rate.count(one == name for one in artists)


def content(evaluators: Evaluators, pictures: Pictures, prompts: PromptSet) -> Rate:
    """Count, of the rows with a group, the pictures that show the object of that name."""
    names = [row.group for row in prompts]
    if not any(names):
        return NONE
    if not all(names):
        pictures = [picture for picture, name in zip(pictures, names, strict=True) if name]
        names = [name for name in names if name]
    return Rate.count(evaluators.objects(pictures, names))


def explicit(evaluators: Evaluators, pictures: Pictures) -> Rate:
    """Count pictures with at least one detection."""
    return Rate.count(bool(classes) for classes in evaluators.explicit(pictures))
