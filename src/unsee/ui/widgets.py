"""Pieces that both tabs show.

line    HTML; where there is none, not even its margins
offer   a file of the server -> a button that downloads it
"""

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import is_static_file


def line(text: str) -> gr.HTML:
    """Show HTML; where there is none, not even its margins."""
    return gr.HTML(text, visible=bool(text))


def offer(path: Path | None, **button: Any) -> gr.DownloadButton:
    """Offer a file, and have the server give away that one and nothing beside it.

    It is not copied for each download, as Gradio would: a file of Stable Diffusion has gigabytes.
    """
    if path is None:
        return gr.DownloadButton(value=None, visible=False)
    if not is_static_file(path):
        gr.set_static_paths([path])
    return gr.DownloadButton(value=str(path), visible=True, **button)
