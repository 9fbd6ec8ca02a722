"""The picture of a table of learning curves: a panel for each run that its columns name, a line for each row."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lightning_sepcl.ledger.cells import records_of
from lightning_sepcl.ledger.curves import Curve
from lightning_sepcl.ledger.run_record import RunRecord
from lightning_sepcl.ledger.table import Row, Run, Table
from lightning_sepcl.report.drawing import ACCENT, CLASS_COLOURS, style

COLOURS = (ACCENT, *CLASS_COLOURS[:5])
STYLES = ("-", "--", "-.", ":")
PANELS = 4


def learning_figure(table: Table, records: Mapping[str, RunRecord]) -> Figure | None:
    """The panels beside each other, the mean over seeds with all seeds behind it; None where nothing was run.

    A row of which only one run exists is drawn in every panel.
    """
    panels = {column.run: column.heading for column in reversed(table.columns.values())}
    drawn = {
        key: {row.label: curves for row in table.rows.values() if (curves := _curves(row, key, table, records))}
        for key in reversed(panels)
    }
    drawn = {key: lines for key, lines in drawn.items() if lines}
    if not drawn:
        return None
    looks = {row.label: (COLOURS[i % 6], STYLES[i % 4]) for i, row in enumerate(table.rows.values())}
    down = -(-len(drawn) // PANELS)
    across = min(PANELS, len(drawn))
    with style():
        figure = Figure(figsize=(1.2 + 2.5 * across, 2.7 * down + 0.4))
        axes: list[Axes] = list(figure.subplots(down, across, squeeze=False, sharey=True).flat)
        for axis, (key, lines) in zip(axes, drawn.items(), strict=False):
            for label, curves in lines.items():
                _line(axis, curves, label, looks[label])
            axis.set(title=textwrap.fill(panels[key], 24), xlabel="step")
            axis.grid(True)
        for axis in axes[len(drawn) :]:
            axis.set_axis_off()
        axes[0].set_ylabel(table.learning_curve.rpartition("/")[2].replace("_", " "))
        named = {str(line.get_label()): line for axis in axes[: len(drawn)] for line in axis.get_lines()}
        handles = [line for label, line in named.items() if not label.startswith("_")]
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return figure


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """The mean of several curves, at the steps that all of them have.

    >>> mean_curve([{1: 0.0, 2: 0.5}, {2: 1.0, 3: 1.0}])
    {2: 0.75}
    """
    shared = sorted(set(curves[0]).intersection(*curves[1:]))
    return {step: sum(curve[step] for curve in curves) / len(curves) for step in shared}


def _curves(row: Row, key: str, table: Table, records: Mapping[str, RunRecord]) -> list[Curve]:
    run: Run | None = row.runs.get(key)
    if run is None and len(row.runs) == 1:
        run = next(iter(row.runs.values()))
    found = records_of(run.name, records).values() if run else ()
    return [record.curves[table.learning_curve] for record in found if record.curves.get(table.learning_curve)]


def _line(axis: Axes, curves: Sequence[Curve], label: str, look: tuple[str, str]) -> None:
    colour, dashes = look
    for curve in curves if len(curves) > 1 else ():
        axis.plot(np.array(list(curve)), np.array(list(curve.values())), color=colour, alpha=0.25, linewidth=0.7)
    mean = mean_curve(curves)
    axis.plot(np.array(list(mean)), np.array(list(mean.values())), color=colour, linestyle=dashes, label=label)
