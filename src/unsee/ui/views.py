"""What has come of a job, and what a file holds -> what stands on the page. No Gradio in here.

progress   a job -> its title, its state in words and a bar, as HTML
table      rows of (what, text) -> an HTML table
complaint  an error of unsee -> the line on the page, in its words
one_line   an error of unsee, with its options as a page names them
"""

import html
from collections.abc import Sequence

from unsee.errors import UnseeError
from unsee.ui.job import Snapshot, State

NOTHING_YET = (
    '<div class="job"><h2>No erasure yet</h2>'
    "<p>Name a concept and press Erase. The original and the model as it changes "
    "are drawn here, side by side.</p></div>"
)


def progress(job: Snapshot) -> str:
    """Say what a job is and how far, with a bar where there are steps."""
    bar = ""
    if job.steps:
        bar = (
            f'<progress max="{job.steps}" value="{job.step}" aria-label="steps made">'
            f"{job.step} of {job.steps}</progress>"
        )
    return (
        f'<div class="job" data-state="{job.state}">'
        f"<h2>{html.escape(job.title)}</h2>{bar}"
        f'<p class="job-state">{html.escape(in_words(job))}</p></div>'
    )


def in_words(job: Snapshot) -> str:
    """Say the state of a job in a line."""
    steps = f"step {job.step} of {job.steps}" if job.steps else ""
    match job.state:
        case State.WAITING if job.before == 0:
            return "waiting: it is the next"
        case State.WAITING:
            others = "one erasure is" if job.before == 1 else f"{job.before} erasures are"
            return f"waiting: {others} before this one"
        case State.RUNNING if job.stopping:
            return "stopping after this step"
        case State.RUNNING if job.phase or not job.losses:
            return job.phase or "starting"
        case State.RUNNING:
            left = "" if job.seconds_left is None else f", {_duration(job.seconds_left)} left"
            return f"{steps}, loss {job.losses[-1].loss:.3g}{left}"
        case State.STOPPED:
            kept = f"stopped after {steps}; its state is kept" if steps else "stopped"
            return job.message or f"{kept}: go on, or drop it"
        case State.DONE:
            name = "" if job.result is None else f": {job.result.name}"
            return f"done after {job.steps} steps{name}"
        case State.FAILED:
            return f"failed: {job.message}"


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Lay rows out; what is in them is text, not HTML."""
    lines = [
        f'<tr><th scope="row">{html.escape(what)}</th><td>{html.escape(text)}</td></tr>'
        for what, text in rows
    ]
    return f'<table class="recipe"><tbody>{"".join(lines)}</tbody></table>'


def complaint(error: UnseeError | None) -> str:
    """Put an error into one line that a screen reader speaks at once; nothing for None."""
    if error is None:
        return ""
    line = html.escape(one_line(error))
    return f'<p class="complaint" role="alert">{line}</p>'


def one_line(error: UnseeError) -> str:
    """Write an error in one line; `preserve_weight` is called preserve weight on the page."""
    return " ".join(error.written(lambda name: name.replace("_", " ")).split())


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"about {max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 60 else f"about {minutes // 60} h {minutes % 60} min"
