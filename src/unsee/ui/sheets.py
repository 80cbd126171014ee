"""The before/after sheet of a page: text is text, so that it can be read on a phone too.

Sheet   the same prompts drawn by one or more models; `as_html` lays them out
"""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from unsee.pictures.sheet import Column, magnify

QUALITY = 90


@dataclass(frozen=True)
class Sheet:
    """The same prompts drawn by one or more models."""

    prompts: Sequence[str]
    """A row each."""
    columns: Sequence[Column]
    """As many pictures in each as there are prompts."""

    @cached_property
    def as_html(self) -> str:
        """A figure for each prompt: its words, and below them the pictures side by side."""
        figures = []
        for row, prompt in enumerate(self.prompts):
            words = html.escape(prompt)
            pictures = "".join(
                f'<div><img src="{_data(column.pictures[row])}" '
                f'alt="{words}, {html.escape(column.heading)}"/>'
                f"<span>{html.escape(column.heading)}</span></div>"
                for column in self.columns
            )
            figures.append(
                f"<figure><figcaption>{words}</figcaption>"
                f'<div class="pictures">{pictures}</div></figure>'
            )
        return f'<div class="sheet">{"".join(figures)}</div>'


def _data(picture: Image.Image) -> str:
    """Put a picture into a URL; a small one without any loss."""
    file = io.BytesIO()
    larger = magnify(picture)
    small = larger.size != picture.size
    larger.save(file, format="WEBP", lossless=small, quality=QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
