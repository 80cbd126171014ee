"""The tab of erased files: what each is, before and after side by side, download, export.

FilesTab   the components; `display` is what stands there for a file
"""

from collections.abc import Callable
from typing import Any

import gradio as gr

from unsee.errors import UnseeError
from unsee.exporting.formats import FORMATS
from unsee.ui import views
from unsee.ui.erasures import whole
from unsee.ui.library import describe
from unsee.ui.studio import Studio
from unsee.ui.widgets import line, offer
from unsee.weights.file import Header
from unsee.weights.provenance import Provenance

AT_ONCE = 4
"""Visitors who are drawn for at once, as far as the device lets them."""
NO_FILES = '<p class="hint">There is no erased file yet: erase a concept first.</p>'


class FilesTab:
    """The erased files, and what can be done with one."""

    def __init__(self, studio: Studio) -> None:
        """Lay out the tab inside the block at hand, and connect its events."""
        self._studio = studio
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=320):
                self.file = gr.Dropdown(label="File", elem_id="file")
                self.recipe = gr.HTML(NO_FILES, elem_id="file-recipe")
                self.download = gr.DownloadButton(
                    "Download", visible=False, elem_id="file-download"
                )
                with gr.Group(visible=False) as self.export_group:
                    self.kind = gr.Dropdown(
                        list(FORMATS),
                        value="diffusers",
                        label="Export for other tools",
                        info="; ".join(f"{kind}: {what}" for kind, what in FORMATS.items()) + ".",
                        elem_id="format",
                    )
                    self.export = gr.Button("Export", elem_id="export")
                self.export_download = gr.DownloadButton(
                    "Download the export", visible=False, variant="primary", elem_id="exported"
                )
            with gr.Column(scale=3, min_width=320):
                with gr.Row():
                    self.prompt = gr.Textbox(
                        "",
                        label="Prompt",
                        max_length=1000,
                        scale=3,
                        min_width=220,
                        elem_id="prompt",
                    )
                    self.seed = gr.Number(value=0, label="Seed", min_width=90, elem_id="pair-seed")
                self.draw = gr.Button("Draw both", variant="primary", elem_id="draw")
                self.complaint = gr.HTML(visible=False, elem_id="files-complaint")
                self.pair = gr.ImageSlider(
                    label="Original (left) and erased (right)",
                    format="png",
                    interactive=False,
                    visible=False,
                    buttons=["download", "fullscreen"],
                    elem_id="pair",
                )
        self.outputs = [
            self.file,
            self.recipe,
            self.download,
            self.export_group,
            self.export_download,
            self.prompt,
            self.pair,
            self.complaint,
        ]
        """What `display` fills."""
        self._connect()

    def _connect(self) -> None:
        device: dict[str, Any] = {"concurrency_limit": AT_ONCE, "api_visibility": "private"}
        self.file.input(
            self.display,
            [self.file],
            self.outputs,
            show_progress="hidden",
            concurrency_limit=None,
            api_visibility="private",
        )
        gr.on(
            [self.draw.click, self.prompt.submit],
            self._draw_pair,
            [self.file, self.prompt, self.seed],
            [self.pair, self.complaint],
            show_progress_on=[self.pair, self.draw],
            trigger_mode="once",
            **device,
        )
        self.export.click(
            self._export_file,
            [self.file, self.kind],
            [self.export_download, self.complaint],
            show_progress_on=[self.export],
            trigger_mode="once",
            **device,
        )

    def newest(self) -> list[Any]:
        """Show the newest file to a visitor who comes in."""
        return self.display(next(iter(self._studio.library.names()), None))

    def refresh(self, file: str | None) -> list[Any]:
        """List the files that there are now; what is chosen stays, unless it is gone."""
        names = self._studio.library.names()
        if file is not None and file not in names:
            return self.display(file)
        return [gr.Dropdown(choices=names, value=file), *[gr.skip()] * (len(self.outputs) - 1)]

    def display(self, file: str | None, prompt: str = "") -> list[Any]:
        """Show a file: what it is, and what can be done with it, such as drawing `prompt`."""
        library = self._studio.library
        names = library.names()
        if file is None:
            return self._nothing(names, NO_FILES if not names else "")
        try:
            with library.naming_no_folder():
                path = library.find(file)
                # The header alone: there may be gigabytes behind it.
                header = Header.read(path)
        except UnseeError as error:
            # With the one that was asked for: of a value outside its list, Gradio complains itself.
            choices = names if file in names else [*names, file]
            return self._nothing(choices, views.complaint(error), file)
        return [
            gr.Dropdown(choices=names, value=file),
            views.table(describe(header)),
            offer(path),
            gr.Group(visible=True),
            gr.DownloadButton(visible=False),
            prompt or _suggestion(header.provenance),
            gr.ImageSlider(value=None, visible=False),
            line(""),
        ]

    def _nothing(self, names: list[str], why: str, file: str | None = None) -> list[Any]:
        """Show that there is no file to do anything with: nothing of another one stays."""
        return [
            gr.Dropdown(choices=names, value=file),
            why,
            offer(None),
            gr.Group(visible=False),
            gr.DownloadButton(visible=False),
            "",
            gr.ImageSlider(value=None, visible=False),
            line(""),
        ]

    def _draw_pair(self, file: str | None, prompt: str, seed: float | None) -> list[Any]:
        def work() -> Any:
            pair = self._studio.draw(file or "", prompt, whole("seed", seed))
            return gr.ImageSlider(value=(pair.original, pair.erased), visible=True)

        return _attempt(work)

    def _export_file(self, file: str | None, kind: str) -> list[Any]:
        def work() -> Any:
            path = self._studio.export(file or "", kind)
            return offer(path, label=f"Download {path.name}")

        return _attempt(work)


def _attempt(work: Callable[[], Any]) -> list[Any]:
    """Return the update that `work` makes, or the error that it raises, and the other's absence."""
    try:
        return [work(), line("")]
    except UnseeError as error:
        return [gr.skip(), line(views.complaint(error))]


def _suggestion(recipe: Provenance) -> str:
    """A prompt that shows what is gone: one that the erasure was told, or else the phrase."""
    phrase = recipe.concepts[0].phrase
    contexts = recipe.config.get("contexts") or ["{}"]
    return str(contexts[0]).replace("{}", phrase)
