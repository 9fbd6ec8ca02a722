"""Hyperband: at some counts of validations, runs that are not among the best so far are ended early.

Source: Li et al. 2018, "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization", in the form that
W&B's sweeps give it: runs are not started in brackets; each is compared with all that came as far.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

History = Sequence[int | float]
"""A run's figure, validation by validation."""

LAST = 1e9
"""No run has so many validations."""


@dataclass(frozen=True, slots=True)
class Hyperband:
    """When runs are compared, and how many of them go on.

    Attributes:
        bands: counts of validations after which a run must be good enough, ascending.
        eta: one of so many goes on.
        strict: whether the figure at the band itself counts, instead of the best one so far.
    """

    bands: tuple[int, ...]
    eta: int | float = 3
    strict: bool = True


def bands_from(first: int, eta: int | float) -> tuple[int, ...]:
    """Bands from the first one on, each `eta` times as late as the one before.

    >>> bands_from(2, 3)[:4]
    (2, 6, 18, 54)
    """
    found, band = [], float(first)
    while band < LAST:
        found.append(int(band))
        band *= eta
    return tuple(found)


def bands_until(last: int, eta: int | float, count: int) -> tuple[int, ...]:
    """At most `count` bands before the last validation, counted back from it.

    >>> bands_until(27, 3, 2), bands_until(5, 2, 4)
    ((3, 9), (1, 2))
    """
    found: list[int] = []
    band = float(last)
    for _ in range(count):
        band /= eta
        if band < 1:
            break
        found.append(int(band))
    return tuple(sorted(found))


def to_stop(hyperband: Hyperband, histories: Mapping[str, History], running: Sequence[str], goal: str) -> list[str]:
    """Which of the running ones are to be ended.

    Args:
        hyperband: the rule.
        histories: figures of all runs, also of those that have ended, by name.
        running: names of those that can be ended.
        goal: `maximize` or `minimize`.

    >>> histories = {"a": [10, 9], "b": [10, 10], "c": [10, 8, 8], "d": [10, 7, 7], "e": [10, 6, 6]}
    >>> to_stop(Hyperband((1, 2), eta=2), histories, ["b", "c", "d"], "minimize")
    ['b']
    """
    sign = -1.0 if goal == "maximize" else 1.0
    losses = {name: [sign * v for v in history if math.isfinite(v)] for name, history in histories.items()}
    return [name for name in running if _is_poor(hyperband, losses[name], list(losses.values()))]


def _is_poor(hyperband: Hyperband, losses: History, everyone: Sequence[History]) -> bool:
    """Whether a run is beyond the threshold of the last band it has reached."""
    reached = [band for band in hyperband.bands if band <= len(losses)]
    if not reached:
        return False
    at_band = sorted(other[reached[-1] - 1] for other in everyone if len(other) >= reached[-1])
    threshold = at_band[int(len(at_band) / hyperband.eta)]
    return (losses[reached[-1] - 1] if hyperband.strict else min(losses)) > threshold
