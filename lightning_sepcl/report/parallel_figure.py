"""Parallel coordinates: an axis for each thing that was varied, the figure last, a line through them for each run."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from lightning_sepcl.report.drawing import INK, MUTED, style

COLOURS: Colormap = LinearSegmentedColormap.from_list("worst_to_best", ["#98a1ab", "#e69f00", "#d55e00"])
"""Readable on white and on black, and with every kind of colour vision: what is poor is grey, thin and behind."""
MOST_VALUES = 8
"""An axis of so many different values, or fewer, has a mark at each."""
MARKS = 5
STRIP = 0.05


@dataclass(frozen=True, slots=True)
class Varied:
    """Something that was varied.

    Attributes:
        name: over its axis.
        values: of each run: numbers, or words, true, false and null.
        log: whether numbers stand on a logarithmic axis.
    """

    name: str
    values: tuple[Any, ...]
    log: bool = False


@dataclass(frozen=True, slots=True)
class _Placed:
    """Heights of the runs on an axis, 0 to 1, and its marks."""

    heights: tuple[float, ...]
    marks: tuple[tuple[float, str], ...]


def parallel_figure(
    varied: Sequence[Varied], metric: str, figures: Sequence[int | float], goal: str, dashed: Sequence[bool] = ()
) -> Figure | None:
    """The picture, coloured by the figure; None without a run that has one.

    Args:
        varied: axes from left to right.
        metric: name of the last axis.
        figures: of each run; NaN for one without, which is left out.
        goal: `maximize` or `minimize`.
        dashed: which runs were ended early; none if empty.
    """
    known = [i for i, value in enumerate(figures) if math.isfinite(value)]
    if not known or not varied:
        return None
    ends = list(dashed) or [False] * len(figures)
    axes = [*varied, Varied(metric, tuple(figures))]
    placed = [_placed([axis.values[i] for i in known], axis.log) for axis in axes]
    merit = np.array(placed[-1].heights) if goal == "maximize" else 1 - np.array(placed[-1].heights)
    with style():
        figure = Figure(figsize=(1.6 + 1.75 * len(axes), 4.2))
        axis = figure.subplots()
        for row in np.argsort(merit, kind="stable"):  # the best on top
            heights = [p.heights[row] for p in placed]
            _line(axis, heights, float(merit[row]), bool(merit[row] == merit.max()), ends[known[row]])
        for x, (named, p) in enumerate(zip(axes, placed, strict=True)):
            _axis(axis, x, named.name, p.marks, last=x == len(placed) - 1)
        _strip(axis, len(placed) - 1, goal)
        axis.set(xlim=(-0.35, len(placed) - 0.45), ylim=(-0.04, 1.26))
        axis.set_axis_off()
    return figure


def _placed(values: Sequence[Any], log: bool) -> _Placed:
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) < len(values):
        return _words([_word(v) for v in values])
    log = log and min(numbers) > 0
    scaled = np.log(numbers) if log else np.asarray(numbers, float)
    low, high = float(scaled.min()), float(scaled.max())
    different, digits = sorted(set(numbers)), 3
    if len(different) > MOST_VALUES:
        even = np.linspace(low, high, MARKS)
        different, digits = list(np.exp(even) if log else even), 2 if log else 3
    marks = [(_height(math.log(v) if log else v, low, high), f"{v:.{digits}g}") for v in different]
    return _Placed(tuple(_height(float(v), low, high) for v in scaled), _apart(marks))


def _words(words: Sequence[str]) -> _Placed:
    kinds = list(dict.fromkeys(sorted(words)))
    at = {word: _height(i, 0, len(kinds) - 1) for i, word in enumerate(kinds)}
    return _Placed(tuple(at[word] for word in words), tuple((height, word) for word, height in at.items()))


def _apart(marks: Sequence[tuple[float, str]]) -> tuple[tuple[float, str], ...]:
    """Marks without those that would stand on another."""
    kept: list[tuple[float, str]] = []
    for mark in marks:
        if not kept or mark[0] - kept[-1][0] > 0.045:
            kept.append(mark)
    return tuple(kept)


def _height(value: int | float, low: int | float, high: int | float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


def _word(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _line(axis: Axes, heights: Sequence[float], merit: float, is_best: bool, ended_early: bool) -> None:
    """A smooth line, level where it meets an axis, so that runs of the same value are told apart between the axes."""
    points, codes = [(0.0, heights[0])], [Path.MOVETO]
    for x, (a, b) in enumerate(itertools.pairwise(heights)):
        points += [(x + 0.4, a), (x + 0.6, b), (x + 1.0, b)]
        codes += [Path.CURVE4] * 3
    look = {"linestyle": (0, (4, 2)) if ended_early else "-", "linewidth": 3.0 if is_best else 1.4}
    axis.add_patch(
        PathPatch(Path(points, codes), facecolor="none", edgecolor=COLOURS(merit), alpha=0.6 + 0.4 * merit, **look)
    )


def _axis(axis: Axes, x: int, name: str, marks: Sequence[tuple[float, str]], last: bool) -> None:
    axis.plot([x, x], [0, 1], color=MUTED, linewidth=1.0)
    short = textwrap.fill(name.replace("_", " ").replace("/", " ").replace(".", " "), 17)
    axis.text(x, 1.1, short, ha="center", va="bottom", fontsize=9, fontweight="bold", color=INK)
    for height, text in marks:
        axis.plot([x - 0.02, x + 0.02], [height, height], color=MUTED, linewidth=1.0)
        if last:
            axis.text(x + STRIP + 0.04, height, text, ha="left", va="center", fontsize=8.5, color=INK)
        else:  # above the lines, which are level there
            axis.text(x - 0.03, height + 0.012, text, ha="right", va="bottom", fontsize=8.5, color=INK)


def _strip(axis: Axes, x: int, goal: str) -> None:
    """The colours along the axis of the figure."""
    merit = np.linspace(0, 1, 64)[:, None]
    shown = merit if goal == "maximize" else 1 - merit
    axis.imshow(shown, cmap=COLOURS, extent=(x, x + STRIP, 0, 1), aspect="auto", origin="lower", zorder=3)
