"""The two halves of the paper's Fig. 6, with the paper's means beside ours.

draw   Findings -> PNG
"""

import io
from typing import TYPE_CHECKING, Any

from unsee.errors import MissingExtra
from unsee.study.order import RATINGS

if TYPE_CHECKING:
    from unsee.study.analyse import Findings, Kind

TITLES = {
    "efficacy": "Efficacy: the artist was erased",
    "interference": "Interference: another artist was erased",
}
COLOURS = {"efficacy": "#1d4e89", "interference": "#2e7d5b"}


def draw(findings: "Findings") -> bytes:
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
    widths = [max(len(kinds), 2) for _, kinds in halves]
    figure = Figure(figsize=(1.5 + 1.15 * sum(widths), 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(halves), squeeze=False, sharey=True, width_ratios=widths)[0]
    for axes, (name, kinds) in zip(panels, halves, strict=True):
        _draw_half(axes, name, kinds)
    panels[0].set_ylabel("mean rating: the same artist made it")
    buffer = io.BytesIO()
    # Without the version, the same findings give the same bytes.
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()


def _draw_half(axes: Any, name: str, kinds: "list[Kind]") -> None:
    places = range(len(kinds))
    lowest, highest = min(RATINGS), max(RATINGS)
    axes.bar(
        places,
        [one.mean - lowest for one in kinds],
        0.6,
        lowest,
        yerr=[
            [max(one.mean - one.low, 0) for one in kinds],
            [max(one.high - one.mean, 0) for one in kinds],
        ],
        capsize=4,
        color=COLOURS[name],
        label="here, with 95 % interval",
    )
    told = [(place, one.paper) for place, one in zip(places, kinds, strict=True) if one.paper]
    if told:
        axes.scatter(
            *zip(*told, strict=True), marker="D", s=50, zorder=3,
            color="#f2a33a", edgecolor="#333", label="the paper's mean",
        )  # fmt: skip
    axes.set_xticks(list(places), [one.label for one in kinds], rotation=25, ha="right")
    axes.set_xlim(-0.6, max(len(kinds), 2) - 0.4)
    axes.set_ylim(lowest, highest)
    axes.set_yticks(list(RATINGS))
    axes.set_title(TITLES[name], fontsize=11)
    axes.grid(axis="y", color="#ccc", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(fontsize=8, loc="upper right")
