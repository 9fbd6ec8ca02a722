"""Vibrating bodies as a sum of decaying modes: bells, bars, membranes."""

from collections.abc import Sequence

import numpy as np

from lightning_sepcl.synth.waveform import BAND_EDGE, Track


def decaying_modes(
    time: Track, frequencies_hz: Sequence[float], amplitudes: Sequence[float], t60_seconds: Sequence[float]
) -> Track:
    """What a struck body radiates: every mode a sine that starts at time 0 and falls by 60 dB in its own time.

    Args:
        time: seconds of each sample; what lies before 0 is silent. Its step sets the sample rate.
        frequencies_hz: one per mode; modes above 0.45 of the sample rate are dropped.
        amplitudes: one per mode.
        t60_seconds: one per mode.

    Source: modal synthesis; Fletcher & Rossing 1998, "The Physics of Musical Instruments".
    """
    limit, wave = BAND_EDGE / (time[1] - time[0]), np.zeros(len(time))
    first = int(np.searchsorted(time, 0.0))
    after = time[first:]
    for frequency, amplitude, t60 in zip(frequencies_hz, amplitudes, t60_seconds, strict=True):
        heard = after[: np.searchsorted(after, 1.5 * t60)]  # 90 dB down; the rest costs time and adds nothing
        if frequency < limit:
            fall = np.exp(-np.log(1000) / t60 * heard)
            wave[first : first + len(heard)] += amplitude * fall * np.sin(2 * np.pi * frequency * heard)
    return wave
