"""A picture of a corpus: how its figures are spread, and the RT60 measured beside the one asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_sim.corpus.inspection import FIGURES, rows_so_far
from data_sim.corpus.picture import new_figure, save_figure
from data_sim.corpus.shard import MANIFEST
from lightning_sepcl.errors import UserError

BINS = 24
ASKED, MEASURED = "rt60_asked_s", "rt60_measured_s"


def save_plots(folder: Path, path: Path) -> int:
    """Draws what is there of a corpus into a PNG, SVG or PDF file; returns the number of its scenes.

    Of scenes with two sources it is the first whose direction is shown.

    Raises:
        UserError: no scene is written yet, matplotlib is missing, the file cannot be written.
    """
    rows = rows_so_far(folder, MANIFEST)
    if not rows:
        raise UserError(f"{folder} has no scene to draw yet: give the render command first")
    figure = new_figure(11.0, 9.0, "plots")
    *histograms, last = figure.subplots(3, 3).flat
    for axes, (column, title) in zip(histograms, FIGURES, strict=True):
        _draw_histogram(axes, rows, column, title)
    _draw_rt60(last, rows)
    figure.suptitle(f"{folder.name}: {len(rows)} scenes")
    save_figure(figure, path)
    return len(rows)


def _draw_histogram(axes: Any, rows: Sequence[dict[str, str]], column: str, title: str) -> None:
    values = [float(row[column]) for row in rows if row[column] != "nan"]
    axes.hist(values, BINS, color="tab:blue")
    axes.set(xlabel=title, ylabel="scenes")
    axes.yaxis.get_major_locator().set_params(integer=True)


def _draw_rt60(axes: Any, rows: Sequence[dict[str, str]]) -> None:
    pairs = [(float(row[ASKED]), float(row[MEASURED])) for row in rows if row[MEASURED] != "nan"]
    asked, measured = ([pair[i] for pair in pairs] for i in range(2))
    ends = [0.0, max(asked, default=1.0)]
    axes.plot(ends, ends, color="0.6", lw=1, label="equal")
    axes.plot(asked, measured, ".", ms=4, alpha=0.5, color="tab:red")
    axes.set(xlabel="RT60 asked (s)", ylabel="RT60 measured (s)", xlim=(0, None), ylim=(0, None))
    axes.legend(fontsize=8)
