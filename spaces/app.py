"""The page of unsee as a Hugging Face Space; the folder `unsee`, the package, lies beside it.

UNSEE_MODELS   what visitors can erase from, with blanks between; they can name no other
UNSEE_FOLDER   where the erased files are kept
"""

import os
from pathlib import Path

from unsee.ui.server import serve_until_stopped
from unsee.ui.studio import Studio


def main() -> None:
    """Serve at the address that the Space's environment names."""
    studio = Studio(
        Path(os.environ.get("UNSEE_FOLDER", "erased")),
        os.environ.get("UNSEE_MODELS", "emoji").split(),
        fixed=True,
    )
    serve_until_stopped(studio)


if __name__ == "__main__":
    main()
