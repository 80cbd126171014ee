"""The page: erase a concept in the browser, watch it go, compare, download.

job.py         a job of the device: what it can be, what has come of it
jobs.py        the queue of a device: one erasure at a time, short errands in between
losses.py      the losses of an erasure: thinned as they come, drawn as a curve
sheets.py      the same prompts drawn before, during and after, as HTML
library.py     the folder of erased files: listed, found by name, described
unfinished.py  the folder in it of what is not done: kept for the next server
erasures.py    what the form asks for, checked, and its work on the device
studio.py      the models in memory, and what a visitor has the device do: draw, export
views.py       what has come of a job -> what stands on the page
widgets.py       pieces that both tabs show
erase_form.py, erase_tab.py, files_tab.py, page.py   the layout, and which event calls what
server.py      the page behind a port

Only the last six know Gradio, which comes with `pip install 'unsee[ui]'`. It asks no one outside
for anything: neither statistics nor fonts nor scripts.
"""

import os

# Read whenever Gradio, and the hub's client that it uses, would tell their makers something.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
