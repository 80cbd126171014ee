"""`unsee ui`: a page to erase, compare and download, in the browser."""

import socket
from dataclasses import dataclass
from pathlib import Path

from unsee.commands import console
from unsee.commands.options import Optional, check_port
from unsee.errors import MissingExtra, OptionError


@dataclass(frozen=True)
class UiOptions:
    """What `unsee ui` takes."""

    folder: Path = Path("erased")
    """Where the erased files are, and come to; whoever sees the page can download them."""
    models: tuple[str, ...] = ("emoji",)
    """What the page offers to erase from: names, folders, .safetensors files, hub ids."""
    fixed_models: bool = False
    """Visitors can name no other model than these: for a page that strangers see."""
    host: str = "127.0.0.1"
    """The address to serve at; 0.0.0.0 lets other machines in."""
    port: int = 7860
    """Its port."""
    most_own: int = 5
    """Erasures of one visitor that may wait or run at once."""
    most_steps: Optional[int] = None
    """The most steps that a visitor may ask for; without it, as many as an erasure can have."""
    share: bool = False
    """Have Gradio's servers pass a public address on to this page."""
    device: Optional[str] = None
    """Where to compute; without it, the GPU where there is one."""


def ui(options: UiOptions) -> None:
    """Serve a page to erase a concept, watch it go, compare and download."""
    _check_port(options.host, options.port)
    # It sets what Gradio must read when it is imported.
    import unsee.ui  # noqa: F401

    try:
        import gradio  # noqa: F401
    except ImportError as error:
        raise MissingExtra("the page", "ui") from error
    from unsee.ui.server import serve_until_stopped
    from unsee.ui.studio import Studio

    studio = Studio(
        options.folder,
        options.models,
        fixed=options.fixed_models,
        device=options.device,
        most_own=options.most_own,
        most_steps=options.most_steps,
    )
    serve_until_stopped(
        studio,
        host=options.host,
        port=options.port,
        share=options.share,
        say=console.say,
    )


def _check_port(host: str, port: int) -> None:
    """Try the address, before seconds are spent on loading."""
    check_port(port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            # As the server does: an address that was left a moment ago is free.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except OSError as error:
        raise OptionError(
            f"cannot serve at {host}:{port}: {error.strerror or error}; try another --port"
        ) from error
