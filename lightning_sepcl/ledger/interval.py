"""Mean, spread and Student's t interval of a few numbers, such as one figure per seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the mean of a population lies, judged from a few of its members.

    Attributes:
        mean: of the sample.
        low: lower end.
        high: upper end.
    """

    mean: float
    low: float
    high: float


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean; NaN of nothing."""
    return math.fsum(values) / len(values) if values else math.nan


def standard_deviation(values: Sequence[float]) -> float:
    """Spread of a sample about its mean, divided by n - 1; NaN for fewer than two values."""
    if len(values) < 2:
        return math.nan
    centre = mean(values)
    return math.sqrt(math.fsum((v - centre) ** 2 for v in values) / (len(values) - 1))


def t_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """Interval that holds the true mean in `level` of all samples, for normally distributed values.

    Raises:
        ValueError: fewer than two values.
    """
    if len(values) < 2:
        raise ValueError(f"an interval needs at least two values, got {len(values)}")
    centre = mean(values)
    reach = t_quantile(len(values) - 1, level) * standard_deviation(values) / math.sqrt(len(values))
    return Interval(centre, centre - reach, centre + reach)


def t_quantile(freedom: int, level: float) -> float:
    """The t for which a Student variable with `freedom` degrees lies within -t .. t with probability `level`.

    >>> round(t_quantile(2, 0.95), 4)
    4.3027
    """
    low, high = 0.0, math.pi / 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _probability_within(middle, freedom) < level else (low, middle)
    return math.tan(low) * math.sqrt(freedom)


def _probability_within(angle: float, freedom: int) -> float:
    """P(|T| < t) for t = tan(angle) * sqrt(freedom), a finite sum for whole degrees of freedom.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 (odd) and 26.7.4 (even).
    """
    odd = freedom % 2
    term = total = math.cos(angle) if odd else 1.0
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= (k - 1) / k * math.cos(angle) ** 2
        total += term
    if not odd:
        return math.sin(angle) * total
    return 2 / math.pi * (angle + (math.sin(angle) * total if freedom > 1 else 0.0))
