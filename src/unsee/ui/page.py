"""The page of `unsee ui`: two tabs, and who visits.

page   a studio -> the page

A visitor is known by an unguessable name that the browser keeps (gr.BrowserState): the jobs of
that name are found again after a reload, in another tab too, and nobody else finds them.
"""

import secrets
from typing import Any

import gradio as gr

from unsee.ui.erase_tab import EraseTab
from unsee.ui.files_tab import FilesTab
from unsee.ui.studio import Studio

STORED_AS = "unsee-visitor"
ERASE, FILES = "erase", "files"
TITLE = "unsee: erase a concept from a text-to-image model"
INTRODUCTION = """# unsee
Erase a concept from the weights of a text-to-image model, watch it go, and take the file away.
"""


def page(studio: Studio) -> gr.Blocks:
    """Lay out the page; server.py puts it behind a port."""
    with gr.Blocks(title=TITLE, analytics_enabled=False) as blocks:
        # Not to hide anything: with a secret of its own, each start of the server would meet
        # names that it cannot read.
        visitor = gr.BrowserState("", storage_key=STORED_AS, secret=STORED_AS)
        gr.Markdown(INTRODUCTION, elem_id="introduction")
        with gr.Tabs(selected=ERASE) as tabs:
            with gr.Tab("Erase", id=ERASE):
                erase = EraseTab(studio, visitor)
            with gr.Tab("Erased files", id=FILES) as files_tab:
                files = FilesTab(studio)

        def arrive(name: str) -> Any:
            name = name or secrets.token_urlsafe(16)
            ready = gr.Button(interactive=True)
            return [name, ready, *erase.display(name, None, None), *files.newest()]

        def look_at(name: str, job: str | None) -> list[Any]:
            return [gr.Tabs(selected=FILES), *files.display(*erase.result_of(name, job))]

        quick: dict[str, Any] = {
            "show_progress": "hidden",
            "concurrency_limit": None,
            "api_visibility": "private",
        }
        blocks.load(
            arrive, [visitor], [visitor, erase.form.erase, *erase.outputs, *files.outputs], **quick
        )
        files_tab.select(files.refresh, [files.file], files.outputs, **quick)
        erase.look.click(look_at, [visitor, erase.job], [tabs, *files.outputs], **quick)
    return blocks
