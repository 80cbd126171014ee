"""The page behind a port.

serve   a studio -> its page, answering at an address; returns at once
"""

import gradio as gr

from unsee.errors import OptionError
from unsee.ui.library import UNFINISHED
from unsee.ui.page import page
from unsee.ui.studio import Studio

CSS = """
.gradio-container { max-width: 1180px !important; margin: 0 auto; }
#introduction h1 { margin-bottom: 0; }
.job, .hint { padding: 0.5rem 0.25rem; }
.job p, .hint, .complaint { margin: 0; overflow-wrap: anywhere; }
.job-title { font-weight: 600; font-size: 1.1rem; }
.job progress { width: 100%; height: 0.8rem; margin: 0.4rem 0; accent-color: var(--color-accent); }
.complaint {
  padding: 0.6rem 0.8rem; border-left: 4px solid #b91c1c; background: #fef2f2; color: #7f1d1d;
}
.losses { width: 100%; max-width: 640px; height: auto; }
.losses text { fill: var(--body-text-color); font-size: 14px; }
.losses .grid { stroke: var(--border-color-primary); }
.losses polyline { fill: none; stroke: var(--color-accent); stroke-width: 2; }
.losses circle { fill: var(--color-accent); }
.recipe { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
.recipe th, .recipe td {
  text-align: left; vertical-align: top; padding: 0.3rem 0.5rem 0.3rem 0;
  border-top: 1px solid var(--border-color-primary); overflow-wrap: anywhere;
}
.recipe th { white-space: nowrap; font-weight: 600; }
"""


def serve(
    studio: Studio, *, host: str | None = None, port: int | None = None, share: bool = False
) -> gr.Blocks:
    """Serve the page of `studio`; the result's `local_url` is where, `share_url` where else.

    Without host and port, those of Gradio's environment variables, which a Hugging Face Space
    sets, or else 127.0.0.1 and the first free port from 7860 on.

    Raises:
        OptionError: the port is taken, or the host is no address of this machine.
    """
    library = studio.library
    # Not copied for each download: a file of Stable Diffusion has gigabytes.
    gr.set_static_paths([library.folder, library.exports])
    blocks = page(studio)
    try:
        blocks.launch(
            server_name=host,
            server_port=port,
            share=share,
            blocked_paths=[str(library.folder / UNFINISHED)],
            css=CSS,
            theme=_theme(),
            footer_links=[],
            prevent_thread_lock=True,
            quiet=True,
            ssr_mode=False,
            run_history=False,
            enable_monitoring=False,
            mcp_server=False,
        )
    except OSError as error:
        raise OptionError(f"cannot serve at {host}:{port}: {error}; try another --port") from error
    return blocks


def _theme() -> gr.themes.Base:
    # The fonts come with Gradio; white on its 500 would be too faint to read.
    return gr.themes.Default(primary_hue="blue", neutral_hue="slate").set(
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
    )
