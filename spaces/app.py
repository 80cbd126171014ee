"""The page of unsee as a Hugging Face Space; the folder `unsee`, the package, lies beside it.

UNSEE_MODELS       what visitors can erase from, with blanks between; they can name no other
UNSEE_FOLDER       where the erased files are kept
UNSEE_MOST_STEPS   the most steps of an erasure
"""

import os
import sys
from pathlib import Path

from unsee.commands import console
from unsee.errors import OptionError, UnseeError
from unsee.ui.server import serve_until_stopped
from unsee.ui.studio import Studio

MOST_OWN = 2
"""Erasures of one visitor that may wait or run at once: others want to see theirs."""


def main() -> None:
    """Serve at the address that the Space's environment names."""
    studio = Studio(
        Path(os.environ.get("UNSEE_FOLDER", "erased")),
        os.environ.get("UNSEE_MODELS", "emoji").split(),
        fixed=True,
        most_own=MOST_OWN,
        most_steps=_most_steps(),
    )
    serve_until_stopped(studio, say=console.say)


def _most_steps() -> int:
    steps = os.environ.get("UNSEE_MOST_STEPS", "1000")
    try:
        return int(steps)
    except ValueError:
        raise OptionError(f"UNSEE_MOST_STEPS must be a whole number, not {steps!r}") from None


if __name__ == "__main__":
    try:
        main()
    except UnseeError as error:
        # The Space's log has this line.
        sys.exit(f"unsee: error: {error}; its variables are in the Space's settings")
