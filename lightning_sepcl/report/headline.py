"""The figures of a run: representations by metrics, what is ours, what is a baseline, which one is best."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from lightning_sepcl.records import Result
from lightning_sepcl.report.drawing import ACCENT, INK, MUTED, style

BASELINE = re.compile(r"(log.?mel|untrained|random|mfcc|baseline|raw)\b", re.IGNORECASE)
LOWER_IS_BETTER = re.compile(r"(error|loss|deg)(_|$)")
MAX_CHARTS = 4


@dataclass(frozen=True, slots=True)
class Headline:
    """Results as a table.

    Attributes:
        whats: representations, ours first.
        metrics: in order of appearance.
        values: by representation and metric; absent where not judged or not defined.
        chance: by metric, where known.
    """

    whats: tuple[str, ...]
    metrics: tuple[str, ...]
    values: dict[tuple[str, str], float]
    chance: dict[str, float]

    def best(self, metric: str) -> float:
        """The best figure of a metric; NaN where there are fewer than two to compare."""
        known = [v for (_, m), v in self.values.items() if m == metric]
        if len(known) < 2:
            return math.nan
        return min(known) if LOWER_IS_BETTER.search(metric) else max(known)

    def leader(self, metric: str, ours: bool) -> tuple[str, float] | None:
        """The best representation of ours, or the best baseline, with its figure; None without one."""
        found = [(w, v) for (w, m), v in self.values.items() if m == metric and is_baseline(w) != ours]
        pick = min if LOWER_IS_BETTER.search(metric) else max
        return pick(found, key=lambda pair: pair[1]) if found else None


def is_baseline(what: str) -> bool:
    """Whether a representation was not learned by the run, judged by the beginning of its name.

    >>> is_baseline("log-mel mean+std"), is_baseline("untrained embedding"), is_baseline("embedding")
    (True, True, False)
    """
    return BASELINE.match(what) is not None


def headline(results: Sequence[Result]) -> Headline:
    """The table of a run's results."""
    whats = dict.fromkeys(r.what for r in results)
    return Headline(
        whats=tuple(sorted(whats, key=is_baseline)),
        metrics=tuple(dict.fromkeys(r.metric for r in results)),
        values={(r.what, r.metric): r.value for r in results if not math.isnan(r.value)},
        chance={r.metric: r.chance for r in results if not math.isnan(r.chance)},
    )


def bars_figure(table: Headline) -> Figure | None:
    """One small chart per metric: a bar per representation, ours coloured, chance dashed; None without figures."""
    metrics = [m for m in table.metrics if any(key[1] == m for key in table.values)][:MAX_CHARTS]
    if not metrics:
        return None
    with style():
        figure = Figure(figsize=(10.5, 0.75 + 0.27 * len(table.whats)))
        axes = figure.subplots(1, len(metrics), squeeze=False, sharey=True)[0]
        for axis, metric in zip(axes, metrics, strict=True):
            values = [table.values.get((what, metric), 0.0) for what in table.whats]
            colours = [MUTED if is_baseline(what) else ACCENT for what in table.whats]
            axis.barh(range(len(values)), values, color=colours, height=0.62)
            if metric in table.chance:
                axis.axvline(table.chance[metric], color=INK, linestyle=(0, (3, 3)), linewidth=0.9)
            axis.set_yticks(range(len(values)), list(table.whats))
            axis.tick_params(axis="y", length=0)
            axis.set_title(metric.replace("_", " "))
        axes[0].invert_yaxis()
    return figure
