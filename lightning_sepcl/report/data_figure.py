"""A data set in one picture: lengths, levels, silence and kinds of files, and how often each label occurs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lightning_sepcl.data.statistics import SplitStatistics, Statistics
from lightning_sepcl.report.drawing import style
from lightning_sepcl.report.pictures import PAPER_INK

COLOURS = {"train": "#0072b2", "val": "#e69f00", "test": "#009e73"}
"""Of the splits. Source: Okabe and Ito 2008, distinct with every kind of colour vision."""
MOST_BINS = 41
STEPS = (1, 2, 5, 10)  # between the numbers at an axis
WIDE_RATIO = 20.0
"""From this ratio of the longest clip to the shortest on, lengths are drawn over a logarithmic axis."""
MOST_LABELS = 16
"""In one panel; of more labels the most frequent and the rarest are shown."""
FEWEST_ROWS = 8
"""Height of the lower panels in bars, so that few bars do not become thick ones."""
MOST_KINDS = 4
LONGEST_NAME = 26
DPI = 150


def data_figure(found: Statistics, title: str = "", ink: str = PAPER_INK) -> Figure:
    """Lengths, levels and silence above, labels and kinds of files below; every clip of every split counts.

    Args:
        found: at least one split with clips.
        title: name of the data set.
        ink: colour of text and axes.
    """
    columns = _label_columns(found)
    rows = max(FEWEST_ROWS, *(len(names) for _, names in columns))
    places = [f"labels {i * len(columns) // 2}" for i in range(2)]
    with style(ink):
        figure = Figure(figsize=(11.0, 3.9 + 0.21 * rows), dpi=DPI)
        mosaic: list[Any] = [["seconds", "level", "silence"], [*places, "kinds"]]
        axes = figure.subplot_mosaic(mosaic, height_ratios=(2.7, 0.5 + 0.21 * rows))
        _seconds(axes["seconds"], found.splits)
        _levels(axes["level"], found.splits)
        _silence(axes["silence"], found.splits)
        reach = 1.15 * max([1, *(found.labels[name] for _, names in columns for name in names)])
        for i, (heading, names) in enumerate(columns):
            _label_bars(axes[f"labels {i}"], names, found, heading, rows)
            axes[f"labels {i}"].set_xlim(0, reach)  # one scale, or a rare label would look like a frequent one
        _kinds(axes["kinds"], found, rows)
        handles, labels = axes["seconds"].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(handles))
        hours = sum(split.hours for split in found.splits)
        clips = sum(split.clips for split in found.splits)
        figure.suptitle(f"{title or found.name}: {clips:,} clips, {_hours(hours)}", x=0.01, ha="left", weight="bold")
    return figure


def save_data_figure(found: Statistics, path: Path, title: str = "") -> None:
    """Writes `data_figure` to a file; its suffix says the format, `.png`, `.svg` or `.pdf`."""
    with style(PAPER_INK):
        data_figure(found, title).savefig(path, facecolor="white")


def _seconds(axis: Axes, splits: Sequence[SplitStatistics]) -> None:
    values = [np.asarray(split.seconds, np.float64) for split in splits]
    low, high = min(v.min() for v in values), max(v.max() for v in values)
    if high > WIDE_RATIO * low:
        edges = np.geomspace(low, high, _bins(values) + 1)
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter(_plain)
        axis.xaxis.set_minor_formatter("")
    else:
        margin = 0.05 * high
        edges = np.linspace(max(0.0, low - margin), high + margin, _bins(values) + 1)
    _histogram(axis, values, edges, splits)
    axis.set(title="Length", xlabel="length of a clip (s)", ylabel="clips")


def _levels(axis: Axes, splits: Sequence[SplitStatistics]) -> None:
    values = [np.asarray(split.rms_db, np.float64) for split in splits]
    values = [v[np.isfinite(v)] for v in values]
    every = np.concatenate(values)
    low, high = (math.floor(every.min()), math.ceil(every.max())) if len(every) else (-1, 0)
    _histogram(axis, values, np.linspace(low, max(high, low + 1), _bins(values) + 1), splits)
    silent = sum(split.silent for split in splits)
    axis.set(title="Level", xlabel="level (RMS, dB re full scale)", ylabel="clips")
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=STEPS))
    if silent:
        axis.annotate(f"{silent:,} silent clips\nare not shown", (0.03, 0.97), xycoords="axes fraction", va="top")


def _silence(axis: Axes, splits: Sequence[SplitStatistics]) -> None:
    """Of each split, how many clips are silent for more than a share of their length."""
    limits = np.linspace(0, 1, 201)
    for split in splits:
        values = np.sort(np.asarray(split.silence, np.float64))
        above = 1 - np.searchsorted(values, limits, side="right") / len(values)
        axis.step(100 * limits, 100 * above, where="post", color=COLOURS[split.split])
    mean = float(np.concatenate([split.silence for split in splits]).mean())
    axis.set(title="Digital silence", xlabel="frames below -80 dB in a clip (%)", ylabel="clips with more (%)")
    axis.set(xlim=(0, 100), ylim=(0, 100))
    axis.grid(True)
    axis.annotate(f"mean {100 * mean:.1f} %", (0.97, 0.95), xycoords="axes fraction", ha="right", va="top")


def _histogram(
    axis: Axes, values: Sequence[Float[NDArray[Any], " _"]], edges: NDArray[Any], splits: Sequence[SplitStatistics]
) -> None:
    """Bars of the splits on top of each other."""
    names = [split.split for split in splits]
    axis.hist(values, edges.tolist(), stacked=True, color=[COLOURS[n] for n in names], label=names, linewidth=0)
    axis.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=STEPS))
    axis.yaxis.set_major_formatter(_plain)
    axis.yaxis.grid(True)
    axis.set_axisbelow(True)


def _bins(values: Sequence[NDArray[Any]]) -> int:
    """Fewer for few clips; an odd number, which puts clips of one length into the middle of a bar."""
    return min(MOST_BINS, 2 * math.isqrt(sum(map(len, values))) + 1)


def _label_columns(found: Statistics) -> list[tuple[str, list[str]]]:
    """One or two panels of labels, each with a heading: all labels, or the most frequent and the rarest."""
    ordered = [name for name, _ in sorted(found.labels.items(), key=lambda item: -item[1])]
    count = len(ordered)
    if count <= MOST_LABELS:
        return [(f"Labels, all {count}" if count else "No clip has a label", ordered)]
    if count <= 2 * MOST_LABELS:
        half = (count + 1) // 2
        return [(f"Labels, all {count}", ordered[:half]), ("", ordered[half:])]
    heard = [name for name in ordered if found.labels[name]]
    never = f"; {count - len(heard)} are in no clip" if len(heard) < count else ""
    if len(heard) <= MOST_LABELS:
        return [(f"Labels, {len(heard)} of {count}{never}", heard)]
    rarest = heard[max(MOST_LABELS, len(heard) - MOST_LABELS) :]
    return [(f"The most frequent of {count} labels", heard[:MOST_LABELS]), (f"The rarest{never}", rarest)]


def _label_bars(axis: Axes, names: Sequence[str], found: Statistics, title: str, rows: int) -> None:
    if not names:
        axis.set_axis_off()
        axis.set_title(title)
        return
    bars = {split.split: [split.labels[name] for name in names] for split in found.splits}
    _stacked_bars(axis, [_short(name) for name in names], bars, rows)
    axis.set(title=title, xlabel="clips with the label")


def _kinds(axis: Axes, found: Statistics, rows: int) -> None:
    ordered = found.kinds.most_common()
    shown, rest = ordered[:MOST_KINDS], ordered[MOST_KINDS:]
    names = [_kind(*kind) for kind, _ in shown] + ([f"{len(rest)} other kinds"] if rest else [])
    bars = {}
    for split in found.splits:
        other = [sum(split.kinds[kind] for kind, _ in rest)] if rest else []
        bars[split.split] = [split.kinds[kind] for kind, _ in shown] + other
    _stacked_bars(axis, names, bars, rows // 2)  # names of two lines
    axis.set(title="Kinds of files", xlabel="clips")


def _stacked_bars(axis: Axes, names: Sequence[str], bars: dict[str, list[int]], slots: int) -> None:
    left = np.zeros(len(names))
    for split, counts in bars.items():
        axis.barh(range(len(names)), counts, left=left, color=COLOURS[split], height=0.74, linewidth=0)
        left += np.array(counts)
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(max(slots, len(names)) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.xaxis.grid(True)
    axis.set_axisbelow(True)
    axis.spines["left"].set_visible(False)
    for place, total in enumerate(left):
        axis.annotate(f"{total:,.0f}", (total, place), (3, 0), textcoords="offset points", va="center", fontsize=7.5)
    axis.set_xlim(0, 1.15 * max(1.0, left.max(initial=0.0)))
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=STEPS))
    axis.xaxis.set_major_formatter(_plain)


def _kind(sample_rate: int, channels: int, kind: str) -> str:
    return f"{sample_rate / 1000:g} kHz, {_channels(channels)}\n{kind.replace('_', ' ')}"


def _channels(count: int) -> str:
    return {1: "mono", 2: "stereo"}.get(count, f"{count} channels")


def _hours(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{60 * hours:.1f} min"


def _short(name: str) -> str:
    name = name.replace("_", " ")
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _plain_number(value: float, _: object = None) -> str:
    return f"{value:,.12g}"


_plain: Callable[..., str] = _plain_number
