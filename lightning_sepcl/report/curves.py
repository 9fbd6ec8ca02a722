"""Learning curves: losses, each validation metric and the learning rate over steps."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lightning_sepcl.ledger.curves import Curve
from lightning_sepcl.report.drawing import ACCENT, CLASS_COLOURS, style

COLUMNS = 3
MAX_PANELS = 9
MAX_LINES = 6
NOISY = "loss"
SMOOTH_FROM = 120
"""Losses of more points than this get a moving mean over a fortieth of them, the points stay visible behind."""


def panels(curves: Mapping[str, Curve]) -> dict[str, list[str]]:
    """Which curves share a panel, by the panel's title: losses, then one per validation metric, then learning rates.

    What the test command logged is in the table of results and has no curve.
    """
    names = [n for n in curves if not re.match(r"test[/_]", n)]
    rates = [n for n in names if re.match(r"(lr|learning_rate)\b|lr[-_/]", n)]
    losses = [n for n in names if re.search(r"loss(_step|_epoch)?$", n) and n not in rates]
    # Lightning writes a metric logged per step and per epoch three times: name, name_step, name_epoch
    losses = [n for n in losses if not (n.endswith("_epoch") and f"{n.removesuffix('_epoch')}_step" in losses)]
    validation = [n for n in names if re.match(r"val", n) and n not in losses]
    found = {NOISY: losses} | {_plain(n): [n] for n in validation} | {"learning rate": rates}
    return {title: lines[:MAX_LINES] for title, lines in found.items() if lines}


def curves_figure(curves: Mapping[str, Curve]) -> Figure | None:
    """All panels in rows of three; None when there is nothing to draw."""
    shown = dict(list(panels(curves).items())[:MAX_PANELS])
    if not shown:
        return None
    with style():
        rows = math.ceil(len(shown) / COLUMNS)
        figure = Figure(figsize=(10.5, 2.5 * rows))
        axes = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
        for axis, (title, names) in zip(axes, shown.items(), strict=False):
            _panel(axis, title, {name: curves[name] for name in names}, smooth=title == NOISY)
        for axis in axes[len(shown) :]:
            axis.set_axis_off()
    return figure


def moving_mean(values: NDArray[Any], width: int) -> NDArray[Any]:
    """Mean over `width` neighbours, over fewer at the ends; as long as `values`.

    >>> moving_mean(np.array([0.0, 3.0, 6.0, 0.0]), 3).tolist()
    [1.5, 3.0, 3.0, 3.0]
    """
    ones = np.ones(width)
    return np.asarray(np.convolve(values, ones, "same") / np.convolve(np.ones(len(values)), ones, "same"))


def _panel(axis: Axes, title: str, lines: Mapping[str, Curve], smooth: bool) -> None:
    for i, (name, curve) in enumerate(lines.items()):
        steps, values = np.array(list(curve)), np.array(list(curve.values()))
        colour = ACCENT if i == 0 else CLASS_COLOURS[i - 1]
        if smooth and len(values) > SMOOTH_FROM:
            axis.plot(steps, values, color=colour, alpha=0.25, linewidth=0.7)
            values = moving_mean(values, len(values) // 40)
        axis.plot(
            steps, values, color=colour, label=_plain(name), marker="o" if len(values) < 4 else None, markersize=3
        )
    axis.set(title=title, xlabel="step")
    axis.grid(True)
    axis.ticklabel_format(axis="y", style="sci", scilimits=(-3, 4))
    if len(lines) > 1:
        axis.legend()


def _plain(name: str) -> str:
    return name.replace("/", " ").replace("_", " ")
