"""One synthetic sound as samples: its type, its time axis, and the finish that every generator gives it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.float32]
"""(sample,): a finished sound."""

Track = NDArray[np.float64]
"""(sample,): what moves with time (pitch in Hz, pressure, envelope); or (frequency,): a real gain, the axis itself."""

Sound = Callable[[np.random.Generator, int], Wave]
"""A class of sound: random numbers and a sample rate in Hz go in, one event with parameters of its own comes out."""

BAND_EDGE = 0.45
"""Share of the sample rate above which no generator puts a partial: a tenth of the band is left for skirts."""

FRAME_SECONDS = 0.02
ACTIVE_POWER = 1e-3  # ours: frames within 30 dB of the loudest count as sounding; an event's ring-out does not


def time_axis(seconds: float, sample_rate: int) -> Track:
    """Time of each sample in seconds, from 0.

    >>> time_axis(0.5, 8).tolist()
    [0.0, 0.125, 0.25, 0.375]
    """
    return np.arange(round(seconds * sample_rate)) / sample_rate


def active_rms(wave: Wave | Track, sample_rate: int) -> float:
    """Root mean square over the frames of 20 ms that lie within 30 dB of the loudest one."""
    frame = min(max(1, round(FRAME_SECONDS * sample_rate)), len(wave))
    power = np.square(wave[: len(wave) // frame * frame].reshape(-1, frame), dtype=np.float64).mean(axis=1)
    return float(np.sqrt(power[power >= ACTIVE_POWER * power.max()].mean()))


def finished(wave: Track, sample_rate: int, *, attack_seconds: float = 0.005, release_seconds: float = 0.02) -> Wave:
    """The event with smooth edges, without DC, at unit level of its active part.

    Args:
        wave: raw pressure, any level above zero.
        sample_rate: Hz.
        attack_seconds: length of the raised-cosine rise at the start.
        release_seconds: length of the raised-cosine fall at the end.
    """
    window = np.ones(len(wave))
    rise, fall = (min(round(s * sample_rate), len(wave) // 2) for s in (attack_seconds, release_seconds))
    window[:rise] = 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise)
    window[len(wave) - fall :] = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, fall + 1) / fall)
    # The mean is taken under the window: what is subtracted before the fade then leaves exactly no DC after it.
    shaped = window * (wave - np.sum(window * wave) / np.sum(window))
    return np.asarray(shaped / active_rms(shaped, sample_rate), dtype=np.float32)
