"""`unsee demo`: erase one artist's style from emoji and show what is gone and what is kept."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DemoOptions:
    """What `unsee demo` takes."""

    out: Path = Path("demo")
    """The folder to write to."""
    artist: str = "twemoji"
    """Whose style to erase: one that `unsee list` shows."""
    overwrite: bool = False
    """Replace what an earlier run wrote."""


def demo(options: DemoOptions) -> None:
    """Erase one artist's style from emoji, draw before and after, measure both."""
