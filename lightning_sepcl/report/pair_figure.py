"""The picture of a table of pairs: a matrix for each column, first thing by second, with means on its edges."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lightning_sepcl.ledger.cells import cell
from lightning_sepcl.ledger.pair_section import pair_name
from lightning_sepcl.ledger.run_record import RunRecord
from lightning_sepcl.ledger.table import Column, Table
from lightning_sepcl.report.drawing import style

COLOURS = "viridis"
LIGHT = 0.6
"""Above this share of the range a field is so light that its number is black."""


def pair_figure(table: Table, records: Mapping[str, RunRecord]) -> Figure | None:
    """The matrices beside each other on one scale of colours; None where nothing was run.

    A row is what came first, a column what came second, the diagonal each thing alone; the last column and row are the
    means, and the last field is the mean of all. What was never run is left out.
    """
    found = {name: pair_values(table, column, records) for name, column in table.columns.items()}
    found = {name: values for name, values in found.items() if not np.isnan(values).all()}
    if not found:
        return None
    known = ~np.isnan(np.stack(list(found.values()))).all(0)
    kept = np.flatnonzero(known.any(0) | known.any(1))
    labels = [list(table.pairs.values())[i] for i in kept]
    with style():
        figure = Figure(figsize=(len(found) * (1.2 + 0.62 * len(labels)) + 0.6, 1.3 + 0.55 * len(labels)))
        panels: list[Axes] = list(figure.subplots(1, len(found), squeeze=False)[0])
        parts = {name: values[np.ix_(kept, kept)] for name, values in found.items()}
        low, high = (float(f([f(v) for v in parts.values()])) for f in (np.nanmin, np.nanmax))
        for axis, (name, values) in zip(panels, parts.items(), strict=True):
            _panel(axis, with_means(values), labels, (low, high), table.columns[name])
    return figure


def pair_values(table: Table, column: Column, records: Mapping[str, RunRecord]) -> Float[NDArray[np.float64], "n n"]:
    """Our figure of every pair, what came first by what came second; NaN where it was not run."""
    lines = {line.name: line for line in table.lines()}
    names = list(table.pairs)
    rows = [[cell(table, lines[pair_name(a, b)], column, records).mean for b in names] for a in names]
    return np.array(rows, np.float64)


def with_means(values: Float[NDArray[np.float64], "n n"]) -> Float[NDArray[np.float64], "m m"]:
    """The matrix with one more column and row: the means of the known fields of each row, each column, and of all.

    >>> with_means(np.array([[1.0, 2.0], [3.0, np.nan]])).tolist()
    [[1.0, 2.0, 1.5], [3.0, nan, 3.0], [2.0, 2.0, 2.0]]
    """
    n = len(values)
    whole = np.full((n + 1, n + 1), np.nan)
    whole[:n, :n] = values
    for i in range(n):
        whole[i, n], whole[n, i] = _mean(values[i]), _mean(values[:, i])
    whole[n, n] = _mean(values)
    return whole


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan


def _panel(
    axis: Axes, values: NDArray[np.float64], labels: list[str], ends: tuple[float, float], column: Column
) -> None:
    low, high = ends
    axis.imshow(values, cmap=COLOURS, vmin=low, vmax=high, aspect="auto")
    for (i, j), value in np.ndenumerate(values):
        if not math.isnan(value):
            light = value > low + LIGHT * (high - low)
            text = f"{value:.{column.decimals}f}".lstrip("0") or "0"
            axis.text(j, i, text, ha="center", va="center", color="black" if light else "white", fontsize=8.5)
    axis.set_xticks(range(len(labels) + 1), [*labels, "mean"])
    axis.set_yticks(range(len(labels) + 1), [*labels, "mean"])
    axis.axhline(len(labels) - 0.5, color="white", linewidth=2.5)  # the means stand apart
    axis.axvline(len(labels) - 0.5, color="white", linewidth=2.5)
    axis.set(title=column.heading, xlabel="second", ylabel="first")
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)
