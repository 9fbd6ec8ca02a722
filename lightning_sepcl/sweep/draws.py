"""Which values the next run of a sweep gets: a pure function of the seed, the run's number and the runs before it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lightning_sepcl.sweep.bayes import next_by_bayes
from lightning_sepcl.sweep.sweep_file import Sweep
from lightning_sepcl.sweep.trial import Trial


def draw(sweep: Sweep, seed: int, number: int, before: Sequence[Trial]) -> dict[str, Any]:
    """Value by parameter of run `number`.

    Args:
        sweep: what is searched.
        seed: of the draws; a grid has none.
        number: 0 for the first run; below `size` for a grid.
        before: the runs begun so far, ended or not; only Bayes looks at them.
    """
    if sweep.method == "grid":
        return grid_point(sweep, number)
    if sweep.method == "bayes":
        return next_by_bayes(sweep, seed, number, before)
    shares = np.random.default_rng((seed, number)).uniform(size=len(sweep.varied))
    drawn = dict(zip(sweep.varied, shares, strict=True))
    return {name: parameter.at(float(drawn.get(name, 0.0))) for name, parameter in sweep.parameters.items()}


def size(sweep: Sweep) -> int | None:
    """How many runs the whole grid has; None for a method without an end."""
    if sweep.method != "grid":
        return None
    return math.prod(len(parameter.grid()) for parameter in sweep.parameters.values())


def grid_point(sweep: Sweep, number: int) -> dict[str, Any]:
    """Combination `number`; the last parameter, by name, changes fastest."""
    values = itertools.product(*(parameter.grid() for parameter in sweep.parameters.values()))
    point = next(itertools.islice(values, number, None))
    return dict(zip(sweep.parameters, point, strict=True))
