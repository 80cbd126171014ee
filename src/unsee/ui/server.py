"""The page behind a port.

serve                 a studio -> its page, answering at an address; returns at once
serve_until_stopped   the same, until Ctrl-C or a polite kill
"""

from collections.abc import Callable

import gradio as gr

from unsee.errors import OptionError, option
from unsee.running.stopping import between_steps
from unsee.ui.job import Snapshot, State
from unsee.ui.page import page
from unsee.ui.studio import Studio

CSS = """
.dark { --color-accent: #60a5fa; }
.gradio-container { max-width: 1180px !important; width: 100%; margin: 0 auto; }
#introduction h1 { margin-bottom: 0; }
.job h2, .job p, .hint, .complaint { margin: 0; overflow-wrap: anywhere; }
.job h2 { font-weight: 600; font-size: 1.1rem; }
.job progress {
  appearance: none; width: 100%; height: 0.7rem; margin: 0.5rem 0; border: 0;
  border-radius: 0.35rem; overflow: hidden; background: var(--border-color-primary);
}
.job progress::-webkit-progress-bar { background: var(--border-color-primary); }
.job progress::-webkit-progress-value { background: var(--color-accent); }
.job progress::-moz-progress-bar { background: var(--color-accent); }
.complaint {
  padding: 0.6rem 0.8rem; border-left: 4px solid #b91c1c; background: #fef2f2;
  color: #7f1d1d !important;
}
.sheet { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); }
.sheet figure { margin: 0; }
.sheet figcaption { font-weight: 600; margin-bottom: 0.25rem; overflow-wrap: anywhere; }
.sheet .pictures { display: grid; grid-template-columns: 1fr 1fr; gap: 0.5rem; }
.sheet img { width: 100%; height: auto; margin: 0; border: 1px solid var(--border-color-primary); }
.sheet span { font-size: 0.85rem; }
.losses { width: 100%; max-width: 640px; height: auto; }
.losses text { fill: var(--body-text-color); font-size: 15px; }
.losses .grid { stroke: var(--border-color-primary); }
.losses polyline { fill: none; stroke: var(--color-accent); stroke-width: 2; }
.losses circle { fill: var(--color-accent); }
@media (max-width: 480px) { .losses text { font-size: 24px; } }
.prose .recipe { width: 100%; border-collapse: collapse; }
.prose .recipe, .prose .recipe tr { border: 0 !important; }
.prose .recipe th, .prose .recipe td {
  text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border: 0;
  border-top: 1px solid var(--border-color-primary); overflow-wrap: anywhere; font-size: 0.9rem;
}
.prose .recipe th { white-space: nowrap; font-weight: 600; }
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
    # Of the folder of erased files nothing but what `widgets.offer` names: it may hold more.
    gr.set_static_paths([library.exports])
    blocks = page(studio)
    try:
        blocks.launch(
            server_name=host,
            server_port=port,
            share=share,
            blocked_paths=[str(library.unfinished.folder)],
            # No field of the page takes a file.
            max_file_size=1,
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
        raise OptionError(
            f"cannot serve at {host}:{port}: {error}; try another {option('port')}"
        ) from error
    return blocks


def serve_until_stopped(
    studio: Studio,
    *,
    host: str | None = None,
    port: int | None = None,
    share: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Serve until Ctrl-C or a polite kill; `say` is told the address, and what is not finished."""
    with between_steps() as stop:
        try:
            blocks = serve(studio, host=host, port=port, share=share)
            try:
                say(f"the page is {blocks.share_url or blocks.local_url} (Ctrl-C ends it)")
                if studio.resumed:
                    say(
                        f"not finished when it was last stopped: {_erasures(studio.resumed)}; "
                        "who asked for it is offered to go on"
                    )
                stop.wait()
            finally:
                blocks.close(verbose=False)
        finally:
            unfinished = studio.close()
            for job in unfinished:
                say(f"not finished: {job.title}, {_how_far(job)}")
            if unfinished:
                say(
                    f"it is kept in {studio.library.unfinished.folder}: "
                    "serve the same folder again, and the page offers to go on"
                )


def _erasures(number: int) -> str:
    return "one erasure" if number == 1 else f"{number} erasures"


def _how_far(job: Snapshot) -> str:
    if job.state == State.FAILED:
        return f"which failed: {job.message}"
    if job.state == State.WAITING:
        return "which had not begun"
    step = f"step {job.step} of {job.steps}" if job.steps else "before its first step"
    if job.state == State.RUNNING:
        return f"in the middle of {step}; it goes on from the state that was last saved"
    return f"stopped after {step}" if job.steps else f"stopped {step}"


def _theme() -> gr.themes.Base:
    # The visitor's own fonts. What Gradio writes in its 400 and 500 is too faint to read.
    return gr.themes.Default(
        primary_hue="blue",
        neutral_hue="slate",
        font=("system-ui", "sans-serif"),
        font_mono=("ui-monospace", "monospace"),
    ).set(
        color_accent="*primary_600",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        button_cancel_background_fill="#b91c1c",
        button_cancel_background_fill_hover="#991b1b",
        button_cancel_background_fill_dark="#b91c1c",
        button_cancel_background_fill_hover_dark="#991b1b",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
    )
