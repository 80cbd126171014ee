"""Words that users chose, as Markdown that shows them as they are.

plain   in running text and headings
code    between backticks, however many the words have themselves
table   rows of cells
block   a block of code
folded  paragraphs that open with a click
"""

import html
import re
from collections.abc import Sequence

_MARKS = re.compile(r"([\\`*_\[\]<>#|~&$@]|:(?=\S)|^[-+=]|(?:(?<=^\d)|(?<=^\d\d))[.)](?= |$))")
"""Those that mark everywhere; the colon of an address or a smiley; and what begins a list."""


def plain(text: str) -> str:
    """Take every mark for a letter; white space becomes one space."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """Set as code."""
    text = " ".join(text.split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    # A space is taken off each end where there is one at both.
    around = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{around}{text}{around}{fence}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out cells that are Markdown themselves; their bars are kept out of the table's way."""
    lines = [list(header), ["---"] * len(header), *map(list, rows)]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def block(language: str, *lines: str) -> str:
    """Set lines as a block of code."""
    return "\n".join([f"```{language}", *lines, "```"])


def folded(title: str, *paragraphs: str) -> str:
    """Hide paragraphs behind a title, which is text and no Markdown."""
    head = f"<details><summary>{html.escape(' '.join(title.split()))}</summary>"
    return "\n\n".join([head, *paragraphs, "</details>"])


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)
