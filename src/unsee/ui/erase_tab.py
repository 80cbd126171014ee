"""The tab where a concept is erased: the form, and beside it how the erasure goes.

EraseTab   the components; `display` is what stands beside the form at a moment
"""

from collections.abc import Callable
from typing import Any

import gradio as gr

from unsee.errors import OptionError, UnseeError
from unsee.ui import views
from unsee.ui.erase_form import EraseForm
from unsee.ui.job import Snapshot, State
from unsee.ui.losses import curve
from unsee.ui.studio import Studio
from unsee.ui.widgets import line, offer

REFRESH, IDLE = 1.0, 5.0
"""Seconds between two looks at the visitor's jobs: while one is not over, and else. It never stops
looking: an answer that comes late, and says that all is over, would be the last."""

TO_THE_JOB = """() => {
  const job = document.querySelector("#status .job[data-state]");
  const wrong = document.querySelector("#erase-complaint [role=alert]");
  if (job && !wrong && job.getBoundingClientRect().top > innerHeight - 120)
    job.scrollIntoView({block: "start"});
}"""
"""On a phone the job stands below the form, where nobody would see it."""

Delivery = list[Any] | None
"""What the browser has got already of the jobs, and of the sheet: it is not sent again."""


class EraseTab:
    """The form, and how the erasure goes."""

    def __init__(self, studio: Studio, visitor: gr.BrowserState) -> None:
        """Lay out the tab inside the block at hand, and connect its events."""
        self._studio = studio
        self._visitor = visitor
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=320):
                self.form = EraseForm(studio)
                self.complaint = gr.HTML(visible=False, elem_id="erase-complaint")
            with gr.Column(scale=3, min_width=320):
                self._lay_out_job()
        self._connect()

    def _lay_out_job(self) -> None:
        self.picker = gr.Dropdown(label="Your erasures", visible=False, elem_id="jobs")
        self.status = gr.HTML(views.NOTHING_YET, elem_id="status")
        with gr.Row():
            self.cancel = gr.Button("Cancel", variant="stop", visible=False, elem_id="cancel")
            self.go_on = gr.Button("Go on", variant="primary", visible=False, elem_id="go-on")
            self.drop = gr.Button("Drop", visible=False, elem_id="drop")
            self.look = gr.Button("Compare", variant="primary", visible=False, elem_id="look")
            self.download = gr.DownloadButton("Download", visible=False, elem_id="download")
        self.sheet = gr.HTML(visible=False, elem_id="sheet")
        self.curve = gr.HTML(visible=False, elem_id="curve")
        self.job = gr.State(None)
        self.delivery = gr.State(None)
        self.timer = gr.Timer(IDLE)
        self.outputs = [
            self.picker,
            self.status,
            self.cancel,
            self.go_on,
            self.drop,
            self.look,
            self.download,
            self.sheet,
            self.curve,
            self.delivery,
            self.timer,
            self.job,
        ]
        """What `display` fills."""

    def _connect(self) -> None:
        inputs = [self._visitor, self.job, self.delivery]
        quick: dict[str, Any] = {
            "show_progress": "hidden",
            "concurrency_limit": None,
            "api_visibility": "private",
        }
        answer = [self.complaint, *self.outputs]
        start = gr.on(
            [self.form.erase.click, self.form.phrase.submit],
            self._start,
            [self._visitor, self.delivery, *self.form.fields],
            answer,
            trigger_mode="once",
            **quick,
        )
        start.then(None, js=TO_THE_JOB)
        self.timer.tick(self._refresh, inputs, self.outputs[:-1], **quick)
        self.picker.input(
            self.display, [self._visitor, self.picker, self.delivery], self.outputs, **quick
        )
        jobs = self._studio.jobs
        for button, act in (
            (self.cancel, jobs.stop),
            (self.go_on, jobs.go_on),
            (self.drop, jobs.drop),
        ):
            button.click(self._action(act), inputs, answer, **quick)

    def display(self, visitor: str, job: str | None, delivery: Delivery) -> list[Any]:
        """Show a job of the visitor's, the newest where it is not said which."""
        jobs = self._studio.jobs.of(visitor) if visitor else []
        titles = [
            (f"{number}. {one.title} ({one.state})", one.id)
            for number, one in enumerate(jobs, start=1)
        ]
        now = next((one for one in jobs if one.id == job), jobs[-1] if jobs else None)
        old_list, old_sheet = delivery or (None, None)
        new_list = [[list(title) for title in titles], now and now.id]
        new_sheet = [now.id, now.sheets] if now else None
        picker: Any = gr.skip()
        # A list that is open while it is replaced would close.
        if new_list != old_list:
            picker = gr.Dropdown(
                choices=titles, value=now and now.id, visible=len(titles) > 1, interactive=True
            )
        sheet: Any = gr.skip()
        if new_sheet != old_sheet:
            drawing = now.sheet if now else None
            sheet = gr.HTML(drawing.as_html if drawing else "", visible=drawing is not None)
        active = any(one.state.active for one in jobs)
        return [
            picker,
            *_about(now),
            sheet,
            line(curve(now.losses, now.steps) if now else ""),
            [new_list, new_sheet],
            gr.Timer(REFRESH if active else IDLE),
            now and now.id,
        ]

    def _refresh(self, visitor: str, job: str | None, delivery: Delivery) -> list[Any]:
        """Show how it is by now. Which job is shown, only the visitor changes."""
        return self.display(visitor, job, delivery)[:-1]

    def result_of(self, visitor: str, job: str | None) -> tuple[str | None, str]:
        """Name of the file that a job has made, and a prompt that was watched."""
        for one in self._studio.jobs.of(visitor):
            if one.id == job and one.result is not None:
                return one.result.name, one.sheet.prompts[0] if one.sheet else ""
        return None, ""

    def _start(self, visitor: str, delivery: Delivery, *fields: Any) -> list[Any]:
        try:
            if not visitor:
                raise OptionError("the page was not ready yet; press Erase again")
            job = self._studio.submit(visitor, self.form.request(*fields))
        except UnseeError as error:
            return [line(views.complaint(error)), *[gr.skip()] * len(self.outputs)]
        return [line(""), *self.display(visitor, job, delivery)]

    def _action(self, act: Callable[[str, str], None]) -> Callable[..., list[Any]]:
        """Make the answer to a button that does something to the job at hand."""

        def answer(visitor: str, job: str | None, delivery: Delivery) -> list[Any]:
            try:
                act(visitor, job or "")
            except UnseeError as error:
                return [line(views.complaint(error)), *self.display(visitor, job, delivery)]
            return [line(""), *self.display(visitor, job, delivery)]

        return answer


def _about(job: Snapshot | None) -> list[Any]:
    """Say how a job is, and offer what can be done about it."""
    if job is None:
        return [views.NOTHING_YET, *[gr.update(visible=False)] * 5]
    halted = job.state in (State.STOPPED, State.FAILED)
    file = job.result if job.result is not None and job.result.is_file() else None
    return [
        views.progress(job),
        gr.Button(visible=job.state.active, interactive=not job.stopping),
        gr.Button(visible=halted),
        gr.Button(visible=halted),
        gr.Button(visible=file is not None),
        offer(file),
    ]
