"""The picture of a table whose rows are points of lines: our means with their intervals, and what was published."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from lightning_sepcl.ledger.comparison import Compared
from lightning_sepcl.ledger.curve_section import CurveLine, Curves
from lightning_sepcl.report.drawing import CLASS_COLOURS, CLASS_MARKERS, MUTED, style

WIDTH, HEIGHT = 4.4, 3.4
"""Of a panel, inches."""
COLOURS = (CLASS_COLOURS[4], CLASS_COLOURS[5], *CLASS_COLOURS[:4])


def curves_of_table(curves: Curves, rows: Sequence[Sequence[Compared]]) -> Figure | None:
    """A panel for each column; None when there is neither a figure of ours nor a published one.

    Args:
        curves: which rows are which points.
        rows: an entry for each line and column of the table.
    """
    by_row = {row[0].line.name: row for row in rows}
    points = [by_row[name] for line in curves.lines for name in line.points]
    if not any(_is_known(item) for row in points for item in row):
        return None
    columns = len(points[0])
    with style():
        figure = Figure(figsize=(WIDTH * columns, HEIGHT))
        panels = list(figure.subplots(1, columns, squeeze=False)[0])
        for i, panel in enumerate(panels):
            for line, colour, marker in zip(curves.lines, COLOURS, CLASS_MARKERS, strict=False):
                _draw(panel, line, {name: by_row[name][i] for name in line.points}, colour, marker)
            _dress(panel, curves, points[0][i].column.heading)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def _draw(panel: Axes, line: CurveLine, items: Mapping[str, Compared], colour: str, marker: str) -> None:
    ours = [(line.points[name], item.ours) for name, item in items.items() if item.ours.by_seed]
    panel.plot(
        [x for x, _ in ours], [cell.mean for _, cell in ours], marker, color=colour, linestyle="-", label=line.label
    )
    for x, cell in ours:
        if cell.interval:
            panel.vlines(x, cell.interval.low, cell.interval.high, color=colour, linewidth=1.2)
    theirs = [(line.points[name], item.published) for name, item in items.items() if not math.isnan(item.published)]
    if theirs:
        look: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": colour, "linestyle": ":", "color": MUTED}
        panel.plot([x for x, _ in theirs], [y for _, y in theirs], marker, label=f"{line.label}, published", **look)


def _dress(panel: Axes, curves: Curves, heading: str) -> None:
    places = sorted({place for line in curves.lines for place in line.points.values()})
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(FixedLocator(places))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_xticks(places, [f"{place:.2g}" for place in places])
    panel.set(title=heading, xlabel=curves.axis)
    panel.grid(True)


def _is_known(item: Compared) -> bool:
    return bool(item.ours.by_seed) or not math.isnan(item.published)
