"""`python -m unsee` is the `unsee` command."""

import sys

from unsee.cli import main

if __name__ == "__main__":
    sys.exit(main())
