"""Results to look at: the figure as PNG and one self-contained HTML page.

write_report   an experiment's folder -> figure.png and report.html
write_index    a folder of experiments -> index.html with every table and claim
"""

import base64
import html
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from unsee.benchmarks.outcome import FIGURE, REPORT, RESULT, Outcome, Panel
from unsee.errors import CheckpointError, MissingExtra
from unsee.running.files import writing

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 110rem; padding: 0 1rem;
  color: #1a1a1a; background: #fff }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto }
th, td { border: 1px solid #767676; padding: .3rem .6rem; text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left }
th { background: #f0f0f0; white-space: normal }
img { max-width: 100% }
figure { margin: 1.5rem 0 }
figcaption { color: #404040 }
h2 small { font: 1rem ui-monospace, monospace; color: #404040 }
.yes::before { content: "\\2713\\00a0"; color: #0a6b2d }
.no::before { content: "\\2717\\00a0"; color: #b00020 }
"""

BESIDE = 0.04
"""Of a group's width: how far the points of two lines are moved apart."""
WIDE = 30
"""A panel with more bars than these is drawn wider."""
WIDEST = 100
"""And with more than these as wide as there is room."""


def write_report(folder: Path) -> Path:
    """Draw the figure and the page of one result; returns the page.

    Raises:
        CheckpointError: the folder holds no result.
        MissingExtra: matplotlib is not installed.
    """
    outcome = Outcome.read(folder)
    figure = _figure(outcome)
    if figure is not None:
        with writing(folder / FIGURE, overwrite=True) as temporary:
            temporary.write_bytes(figure)
    with writing(folder / REPORT, overwrite=True) as temporary:
        temporary.write_text(_page(outcome, figure), encoding="utf-8")
    return folder / REPORT


def write_index(folder: Path) -> Path:
    """Put the tables and claims of all results below a folder on one page."""
    places = sorted(path.parent for path in folder.glob(f"*/{RESULT}"))
    if not places:
        raise CheckpointError(f"{folder} holds no results; run an experiment: unsee bench --help")
    parts = ["<h1>Results</h1>"]
    for place in places:
        outcome = Outcome.read(place)
        link = html.escape(f"{place.name}/{REPORT}", quote=True)
        heading = f'<a href="{link}">{html.escape(outcome.title)}</a>'
        # Two runs of an experiment have one title; their folders tell them apart.
        small = html.escape(", ".join([place.name, *_chosen(outcome)]))
        parts += [f"<h2>{heading} <small>{small}</small></h2>", _body(outcome)]
    with writing(folder / "index.html", overwrite=True) as temporary:
        temporary.write_text(_document("Results", parts), encoding="utf-8")
    return folder / "index.html"


def _chosen(outcome: Outcome) -> list[str]:
    """What was not left to the recipe."""
    names = ("quick", "steps", "lr", "batch")
    return [f"{name} {outcome.settings[name]}" for name in names if outcome.settings.get(name)]


def _page(outcome: Outcome, figure: bytes | None) -> str:
    of_paper = f"Section {outcome.section} of Gandikota et al. 2023, on"
    where = f"{of_paper if outcome.section else 'On'} {outcome.model}."
    parts = [
        f"<h1>{html.escape(outcome.title)}</h1>",
        f"<p>{html.escape(where)}</p>",
        _body(outcome),
    ]
    if figure is not None:
        parts.append(_image(figure, "; ".join(panel.title for panel in outcome.panels)))
    for caption, sheet in outcome.sheets.items():
        buffer = io.BytesIO()
        sheet.quantize(256).save(buffer, format="PNG", optimize=True)
        parts.append(_image(buffer.getvalue(), caption))
    parts.append("<h2>What answered</h2>")
    parts.append(_list(f"{what}: {answer}" for what, answer in outcome.facts.items()))
    parts.append("<h2>Settings</h2>")
    parts.append(_settings(outcome.settings))
    return _document(outcome.title, parts)


def _body(outcome: Outcome) -> str:
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in outcome.header)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>"
        for row in outcome.rows
    )
    claims = "".join(
        f'<li class="{"yes" if claim.holds else "no"}">{html.escape(claim.text)}: '
        f"{'holds' if claim.holds else 'does not hold'} ({html.escape(claim.numbers)})</li>"
        for claim in outcome.claims
    )
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in outcome.notes)
    return f"<table><tr>{head}</tr>{rows}</table><ul>{claims}</ul>{notes}"


def _cell(text: str) -> str:
    """A cell of the Markdown table: what is between its asterisks stands out here too."""
    inner = text.strip("*")
    marks = len(text) - len(inner)
    tag = {2: "em", 4: "strong"}.get(marks)
    return f"<{tag}>{html.escape(inner)}</{tag}>" if tag else html.escape(text)


def _list(lines: Any) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in lines) + "</ul>"


def _settings(chosen: Mapping[str, Any]) -> str:
    """A list of names and values; what holds names and values itself is a list in the list."""
    lines = []
    for name, value in chosen.items():
        if isinstance(value, Mapping):
            inside = f"<details><summary>{html.escape(name)}</summary>{_settings(value)}</details>"
            lines.append(inside if value else f"{html.escape(name)}: none")
            continue
        many = isinstance(value, (list, tuple))
        shown = ", ".join(map(str, value)) or "none" if many else str(value)
        lines.append(f"{html.escape(name)}: {html.escape(shown)}")
    return "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"


def _image(png: bytes, caption: str) -> str:
    source = base64.b64encode(png).decode()
    shown = html.escape(caption, quote=True)
    return (
        f'<figure><img alt="{shown}" src="data:image/png;base64,{source}">'
        f"<figcaption>{shown}</figcaption></figure>"
    )


def _document(title: str, parts: list[str]) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _figure(outcome: Outcome) -> bytes | None:
    """The panels side by side, as PNG."""
    if not outcome.panels:
        return None
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("figures", "metrics") from error
    count = len(outcome.panels)
    bars = max(
        len(panel.series) * max(map(len, panel.series.values()), default=0)
        for panel in outcome.panels
    )
    width = 8.0 if bars <= WIDE else 11.0 if bars <= WIDEST else 19.0
    figure = Figure(figsize=(min(width * count, 19), 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, panel in zip(
        figure.subplots(1, count, squeeze=False)[0], outcome.panels, strict=True
    ):
        _draw(axes, panel)
    buffer = io.BytesIO()
    # Without the date and the version, the same result gives the same bytes.
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    picture = Image.open(buffer)
    smaller = io.BytesIO()
    picture.convert("RGB").quantize(128).save(smaller, format="PNG", optimize=True)
    return smaller.getvalue()


def _draw(axes: Any, panel: Panel) -> None:
    import matplotlib as mpl

    width = 0.8 / max(len(panel.series), 1)
    crowded = len(panel.groups) * len(panel.series) > WIDEST
    whiskers: dict[str, Any] = {"error_kw": {"elinewidth": 0.6}} if crowded else {"capsize": 2}
    if len(panel.series) > len(mpl.rcParams["axes.prop_cycle"]):
        axes.set_prop_cycle(color=mpl.color_sequences["tab20"])
    for place, (name, points) in enumerate(panel.series.items()):
        values = [value for value, _, _ in points]
        reach = [
            [max(value - low, 0) for value, low, _ in points],
            [max(high - value, 0) for value, _, high in points],
        ]
        where = [float(group) for group in range(len(points))]
        if panel.lines:
            # Side by side, or equal series would hide each other.
            shifted = [x + (place - (len(panel.series) - 1) / 2) * BESIDE for x in where]
            axes.errorbar(shifted, values, yerr=reach, label=name, marker="o", capsize=3)
        else:
            shifted = [x + (place - (len(panel.series) - 1) / 2) * width for x in where]
            axes.bar(shifted, values, width, yerr=reach, label=name, **whiskers)
    long = max((len(group) for group in panel.groups), default=0) > 8
    axes.set_xticks(
        range(len(panel.groups)), panel.groups, rotation=90 if crowded else 35 if long else 0,
        ha="right" if long and not crowded else "center",
    )  # fmt: skip
    if crowded:
        axes.margins(x=0.01)
    axes.set_title(panel.title, fontsize=11)
    axes.set_xlabel(panel.along)
    axes.axhline(0, color="#444", linewidth=0.8)
    if len(panel.series) > 1:
        # Beside the axes: on them it would hide bars.
        axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.3)
