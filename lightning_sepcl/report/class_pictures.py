"""Pictures of the test set by class: a map of the representation, and how pure each class's neighbourhood is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lightning_sepcl.report.drawing import ACCENT, CLASS_COLOURS, CLASS_MARKERS, INK, MUTED, style
from lightning_sepcl.report.run_folder import EmbeddedSet

MAX_POINTS = 2000
MAX_CLASSES = 50


def principal_plane(
    h: Float[NDArray[Any], "clip dim"],
) -> tuple[Float[NDArray[Any], "clip 2"], Float[NDArray[Any], " 2"]]:
    """Coordinates along the two directions of largest variance, and the share of the variance along each."""
    centred = h.astype(np.float64) - h.mean(axis=0, dtype=np.float64)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(h), 2))
    plane[:, : min(2, len(s))] = (u * s)[:, :2]
    share = np.zeros(2)
    share[: min(2, len(s))] = (s**2 / max(float((s**2).sum()), 1e-30))[:2]
    return plane, share


def map_figure(embedded: EmbeddedSet, names: Sequence[str], shown: Sequence[str], seed: int) -> Figure:
    """The test set in the principal plane of each representation, `shown` classes coloured, the others grey.

    Args:
        embedded: the test set; at most 2000 of its clips, drawn by `seed`, are shown.
        names: representations, one panel each.
        shown: classes with a colour and a mark of their own, 8 at most.
        seed: of the draw.
    """
    count = len(embedded.keys)
    rows = np.sort(np.random.default_rng(seed).permutation(count)[:MAX_POINTS])
    with style():
        figure = Figure(figsize=(10.5, 4.6), dpi=110)
        axes = figure.subplots(1, len(names), squeeze=False)[0]
        for axis, name in zip(axes, names, strict=True):
            plane, share = principal_plane(embedded.h[name][rows])
            _points(axis, plane, embedded.target[rows] > 0, embedded.class_names, shown)
            axis.set(
                title=name, xlabel=f"first direction ({share[0]:.0%})", ylabel=f"second direction ({share[1]:.0%})"
            )
            axis.tick_params(labelbottom=False, labelleft=False, length=0)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=5)
    return figure


def agreement_figure(by_name: Mapping[str, Float[NDArray[Any], " class"]], class_names: Sequence[str]) -> Figure:
    """A dot per class and representation, best class first; the first representation is ours and sets the order."""
    first = next(iter(by_name.values()))
    order = [int(c) for c in np.argsort(-np.nan_to_num(first, nan=-1.0), kind="stable") if not np.isnan(first[c])]
    order = order[:MAX_CLASSES]
    with style():
        figure = Figure(figsize=(10.5, 0.9 + 0.2 * len(order)))
        axis = figure.subplots()
        for i, (name, values) in enumerate(by_name.items()):
            colour, marker = (ACCENT, "o") if i == 0 else (MUTED, "D")
            axis.plot(values[order], range(len(order)), marker, color=colour, markersize=5, label=name)
        axis.set_yticks(range(len(order)), [class_names[c] for c in order])
        axis.set(
            xlim=(-0.02, 1.02),
            xlabel="share of nearest clips that are of the same class",
            ylim=(len(order) - 0.4, -0.6),
        )
        axis.grid(True)
        axis.tick_params(axis="y", length=0)
        figure.legend(loc="outside upper left", ncols=len(by_name))
    return figure


def _points(
    axis: Axes, plane: NDArray[Any], target: NDArray[Any], class_names: Sequence[str], shown: Sequence[str]
) -> None:
    columns = [class_names.index(name) for name in shown]
    rest = ~target[:, columns].any(axis=1)
    if rest.any():
        axis.scatter(
            plane[rest, 0],
            plane[rest, 1],
            s=9,
            color=MUTED,
            alpha=0.35,
            linewidths=0,
            label="other classes",
            rasterized=True,
        )
    for i, (column, name) in enumerate(zip(columns, shown, strict=True)):
        points = plane[target[:, column]]
        colour, marker = CLASS_COLOURS[i], CLASS_MARKERS[i]
        axis.scatter(
            points[:, 0], points[:, 1], s=26, color=colour, marker=marker, edgecolors=INK, linewidths=0.3, label=name
        )
