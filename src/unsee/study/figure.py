"""The two halves of the paper's Fig. 6, with the paper's means beside ours.

draw   Findings -> PNG
"""

import io
from typing import Any

import numpy as np

from unsee.errors import MissingExtra
from unsee.study.findings import Findings, Kind
from unsee.study.scale import HIGHEST, LOWEST, RATINGS

TITLES = {
    "efficacy": "Efficacy: the artist was erased",
    "interference": "Interference: another artist was erased",
}
COLOURS = {"efficacy": "#8fb3da", "interference": "#8cc7aa"}


def draw(findings: Findings) -> bytes:
    """Draw both halves side by side; one that has no kinds is left out.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("the figure of a study", "study") from error
    halves = [
        (name, kinds)
        for name in TITLES
        if (kinds := [one for one in findings.kinds if one.half == name])
    ]
    widths = [max(len(kinds), 3) for _, kinds in halves]
    figure = Figure(figsize=(1.5 + 1.15 * sum(widths), 4.9), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(halves), squeeze=False, sharey=True, width_ratios=widths)[0]
    for axes, (name, kinds) in zip(panels, halves, strict=True):
        _draw_half(axes, name, kinds)
    panels[0].set_ylabel("mean rating: the same artist made it")
    marks: dict[str, Any] = {}
    for axes in panels:
        handles, names = axes.get_legend_handles_labels()
        marks |= dict(zip(names, handles, strict=True))
    # Below both: in a corner of one it would lie on what it explains.
    if marks:
        figure.legend(
            list(marks.values()), list(marks), loc="outside lower center", ncols=2, fontsize=9
        )
    buffer = io.BytesIO()
    # Without the version, the same findings give the same bytes.
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()


def _draw_half(axes: Any, name: str, kinds: list[Kind]) -> None:
    places = range(len(kinds))
    axes.bar(places, [one.mean - LOWEST for one in kinds], 0.6, LOWEST, color=COLOURS[name])
    known = [
        (place, one.mean, one.mean - one.low, one.high - one.mean)
        for place, one in enumerate(kinds)
        if one.low is not None and one.high is not None
    ]
    if known:
        where, means, below, above = zip(*known, strict=True)
        axes.errorbar(
            where, means, np.maximum([below, above], 0), fmt="none", ecolor="black", capsize=4,
            label="95 % interval",
        )  # fmt: skip
    paper = [(place, one.paper) for place, one in zip(places, kinds, strict=True) if one.paper]
    if paper:
        axes.scatter(
            *zip(*paper, strict=True), marker="D", s=50, zorder=3,
            color="#f2a33a", edgecolor="#333", label="the paper's mean",
        )  # fmt: skip
    axes.set_xticks(list(places), [one.label for one in kinds], rotation=25, ha="right")
    axes.set_xlim(-0.6, max(len(kinds), 3) - 0.4)
    axes.set_ylim(LOWEST, HIGHEST)
    axes.set_yticks(list(RATINGS))
    axes.set_title(TITLES[name], fontsize=11)
    axes.grid(axis="y", color="#ccc", linewidth=0.6)
    axes.set_axisbelow(True)
