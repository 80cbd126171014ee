"""`unsee push`: the folder of a card in, a commit on the hub out."""

import sys
from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from unsee.commands import console


@dataclass(frozen=True)
class PushOptions:
    """What `unsee push` takes; who you are comes from `hf auth login` or from HF_TOKEN."""

    place: Positional[Path]
    """The folder that `unsee card` wrote, or the erased file in it."""
    repo: str
    """OWNER/NAME on the hub; it is created where it is missing."""
    private: bool = False
    """Create it for nobody else's eyes."""
    overwrite: bool = False
    """Replace files that the repository has already, and remove the pictures of an earlier card."""


def push(options: PushOptions) -> None:
    """Upload an erased file, its card and its pictures to the hub, in one commit."""
    # Documented, but not in the list that type checkers go by.
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    from unsee.card.push import push as upload

    if not sys.stderr.isatty():
        disable_progress_bars()
    pushed = upload(
        options.place, options.repo, private=options.private, overwrite=options.overwrite
    )
    for remark in pushed.remarks:
        console.say(f"the hub remarks: {remark}")
    if not pushed.changed:
        console.say(f"{pushed.url} holds all of it already")
        return
    made = "new, " if pushed.created else ""
    console.say(f"pushed to {pushed.url}: {made}{', '.join(pushed.paths)}")
    if pushed.removed:
        console.say(f"removed, since the card shows them no more: {', '.join(pushed.removed)}")
