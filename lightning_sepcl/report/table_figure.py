"""The picture of a paper's table: our figures with their intervals beside the published ones, a panel per column."""

from __future__ import annotations

import io
import math
import re
import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lightning_sepcl.ledger.comparison import Compared, mean_chance
from lightning_sepcl.report.drawing import ACCENT, INK, MUTED, style

PANELS = 4
"""Panels beside each other; further columns go below."""
LABEL_LETTERS = 34
TYPE = {"axes.titlesize": 11, "xtick.labelsize": 10, "ytick.labelsize": 11, "legend.fontsize": 11}
ON_WHITE = {INK: "#1c2128", ACCENT: "#0072b2"}
"""For a picture that stands alone, outside a page with colours of its own."""


def table_figure(rows: Sequence[Sequence[Compared]]) -> Figure | None:
    """The picture; None when there is neither a figure of ours nor a published one.

    Args:
        rows: an entry for each line and column. Lines and columns without any figure are left out.
    """
    rows = [row for row in rows if any(map(_is_known, row))]
    if not rows:
        return None
    columns = [i for i in range(len(rows[0])) if any(_is_known(row[i]) for row in rows)]
    across = min(PANELS, len(columns))
    down = math.ceil(len(columns) / across)
    with style():
        size = (2.4 + 1.75 * across, down * (0.75 + 0.3 * len(rows)) + 0.35)
        figure = Figure(figsize=size)
        grid = figure.subplots(down, across, squeeze=False, sharey=True)
        panels: list[Axes] = [panel for line in grid for panel in line]
        for panel, i in zip(panels, columns, strict=False):
            _panel(panel, [row[i] for row in rows], mean_chance([list(row) for row in rows], i))
        for panel in panels[len(columns) :]:
            panel.set_visible(False)
        panels[0].set_yticks(range(len(rows)), [_short(row[0].line.label) for row in rows])
        panels[0].set_ylim(len(rows) - 0.5, -0.5)
        _sized(figure)
        _legend(figure, panels[: len(columns)])
    return figure


def picture(figure: Figure) -> str:
    """A figure as an SVG file on white, the same bytes for the same figures."""
    buffer = io.StringIO()
    with style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
    text = buffer.getvalue()
    for marker, colour in ON_WHITE.items():
        text = text.replace(marker, colour)
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


def _panel(axis: Axes, items: Sequence[Compared], chance: float) -> None:
    for y, item in enumerate(items):
        if not math.isnan(item.published):
            axis.plot(item.published, y, "D", color=MUTED, markersize=7, markerfacecolor="none", markeredgewidth=1.5)
        if item.ours.interval:
            axis.hlines(y, item.ours.interval.low, item.ours.interval.high, color=ACCENT, linewidth=2.2)
        if item.ours.by_seed:
            axis.plot(item.ours.mean, y, "o", color=ACCENT, markersize=6)
    if not math.isnan(chance):
        axis.axvline(chance, color=MUTED, linestyle=(0, (3, 3)), linewidth=1.0)
    axis.set_title(textwrap.fill(items[0].column.heading, 18))
    axis.grid(axis="y")
    axis.tick_params(axis="y", length=0)
    axis.locator_params(axis="x", nbins=4)


def _legend(figure: Figure, panels: Sequence[Axes]) -> None:
    """Says only what is in the picture."""
    shown: dict[str, dict[str, Any]] = {
        "ours, 95 % interval over seeds": {"marker": "o", "color": ACCENT, "linewidth": 2.2},
        "published": {"marker": "D", "color": MUTED, "markerfacecolor": "none", "linestyle": "none"},
        "chance": {"color": MUTED, "linestyle": (0, (3, 3)), "linewidth": 1.0},
    }
    drawn = {(line.get_marker(), str(line.get_linestyle())) for panel in panels for line in panel.get_lines()}
    marks = {marker for marker, _ in drawn}
    has = {"ours, 95 % interval over seeds": "o" in marks, "published": "D" in marks, "chance": "None" in marks}
    handles = [figure.axes[0].plot([], [], label=label, **look)[0] for label, look in shown.items() if has[label]]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=TYPE["legend.fontsize"])


def _sized(figure: Figure) -> None:
    for axis in figure.axes:
        axis.title.set_fontsize(TYPE["axes.titlesize"])
        axis.tick_params(axis="x", labelsize=TYPE["xtick.labelsize"])
        axis.tick_params(axis="y", labelsize=TYPE["ytick.labelsize"])


def _short(label: str) -> str:
    return textwrap.fill(textwrap.shorten(label, 2 * LABEL_LETTERS, placeholder=" ..."), LABEL_LETTERS)


def _is_known(item: Compared) -> bool:
    return bool(item.ours.by_seed) or not math.isnan(item.published)
