"""Pictures that are looked at one after the other, however many there are.

Pictures   images in an order; a slice of them is a list
Files      picture files, each opened when its turn comes
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from unsee.pictures.reading import read_pictures

Pictures = Sequence[Image.Image]
"""RGB."""


@dataclass(frozen=True)
class Files(Pictures):
    """Picture files as images: thirty thousand photographs are larger than any memory."""

    paths: tuple[Path, ...]
    size: tuple[int, int] | None = None
    """Width and height that each is cut to, around its middle; None for as they are."""

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self._read(path) for path in self.paths[place]]
        return self._read(self.paths[place])

    def __len__(self) -> int:
        return len(self.paths)

    def check(self) -> None:
        """Raise an OptionError where one of them cannot be read: before hours of other work."""
        for path in self.paths:
            self._read(path)

    def _read(self, path: Path) -> Image.Image:
        (image,) = read_pictures([path])
        return ImageOps.fit(image, self.size, Image.Resampling.LANCZOS) if self.size else image
