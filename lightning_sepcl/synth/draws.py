"""How a generator draws its physical parameters."""

import numpy as np


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A value whose logarithm is uniform: every octave (of pitch, size, rate) is as likely as every other.

    >>> 100 <= log_uniform(np.random.default_rng(0), 100.0, 1600.0) <= 1600
    True
    """
    return float(low * (high / low) ** rng.random())


def arrivals(rng: np.random.Generator, seconds: float, shortest: float, longest: float) -> list[float]:
    """Times in seconds, from 0 on, whose gaps are uniform between `shortest` and `longest`."""
    times = [0.0]
    while (after := times[-1] + rng.uniform(shortest, longest)) < seconds:
        times.append(after)
    return times
