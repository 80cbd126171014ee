"""What the hub reads of a card: lines of YAML above the text.

LICENCES     licences of published base models, as the hub names them
licence_of   the licence of a base
repository   the hub id of a base, where it is known
front        the lines of YAML

An edit of weights is under the licence of the weights. Of a base that is not in LICENCES the
card names no licence unless it is told one: a guess would be a claim about somebody's rights.
"""

import re

from unsee.errors import OptionError, option
from unsee.loading import hub
from unsee.weights.provenance import Provenance

_OPENRAIL_M, _OPENRAIL_PLUS = "creativeml-openrail-m", "openrail++"
LICENCES = {
    **{f"CompVis/stable-diffusion-v1-{number}": _OPENRAIL_M for number in (1, 2, 3, 4)},
    "runwayml/stable-diffusion-v1-5": _OPENRAIL_M,
    "stable-diffusion-v1-5/stable-diffusion-v1-5": _OPENRAIL_M,
    "stabilityai/stable-diffusion-2": _OPENRAIL_PLUS,
    "stabilityai/stable-diffusion-2-base": _OPENRAIL_PLUS,
    "stabilityai/stable-diffusion-2-1": _OPENRAIL_PLUS,
    "stabilityai/stable-diffusion-2-1-base": _OPENRAIL_PLUS,
    "stabilityai/stable-diffusion-xl-base-1.0": _OPENRAIL_PLUS,
}
_LICENCE = re.compile(r"[a-z0-9][a-z0-9.+-]*")


def licence_of(base: str | None, choice: str | None) -> str | None:
    """Take the licence that the user tells, or that of a published base; None if neither is."""
    if choice is not None:
        if not _LICENCE.fullmatch(choice):
            raise OptionError(
                f"{option('license')} takes a name of the hub's list, such as openrail++ or mit, "
                f"not {choice!r}"
            )
        return choice
    return LICENCES.get(base or "")


def repository(base: str, choice: str | None) -> str | None:
    """Take the hub id that the user tells, or find it in the base's name."""
    if choice is not None:
        check_repository(choice, option("base_model"))
        return choice
    if hub.is_repository(base):
        return base
    return "/".join(base.split("/")[:2]) if hub.is_single_file(base) else None


def check_repository(name: str, flag: str) -> None:
    """Raise an OptionError unless `name` can be one of the hub's OWNER/NAME."""
    from huggingface_hub.errors import HFValidationError

    # Documented, but not in the list that type checkers go by.
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(name)
        sound = name.count("/") == 1
    except HFValidationError:
        sound = False
    if not sound:
        raise OptionError(
            f"{flag} takes OWNER/NAME as the hub writes it (letters, digits, - _ . and at most 96 "
            f"of them), not {name!r}"
        )


def front(recipe: Provenance, base: str | None, licence: str | None) -> str:
    """Return the YAML, with the lines that enclose it."""
    from huggingface_hub import ModelCardData

    data = ModelCardData(
        license=licence,
        base_model=base,
        # To the hub, weights that are of no use without their base.
        base_model_relation=None if base is None else "adapter",
        library_name="unsee",
        pipeline_tag="text-to-image",
        tags=["concept-erasure", "esd", recipe.method, "unsee"],
    )
    return f"---\n{data.to_yaml()}\n---"
