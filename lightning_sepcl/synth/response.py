"""Filters given as a frequency response: resonances of bodies and throats, bands of noise."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lightning_sepcl.synth.waveform import BAND_EDGE, Track

Response = NDArray[np.complex128]
"""(frequency,): complex gain."""


def filtered(wave: Track, sample_rate: int, response: Callable[[Track], Response | Track]) -> Track:
    """The wave after a filter whose gain at each frequency in Hz is `response(frequency)`.

    Nothing passes above 0.45 of the sample rate. The transform is twice as long as the wave, so that a causal
    response cannot wrap round onto the start.
    """
    frequency = np.fft.rfftfreq(2 * len(wave), 1 / sample_rate)
    gain = np.where(frequency <= BAND_EDGE * sample_rate, response(frequency), 0)
    return np.fft.irfft(np.fft.rfft(wave, 2 * len(wave)) * gain, 2 * len(wave))[: len(wave)]


def resonance(frequency: Track, centre_hz: float, width_hz: float) -> Response:
    """Second-order resonance, causal, gain 1 at 0 Hz and centre / width at its peak: one formant of a cascade.

    Source: Klatt 1980, "Software for a cascade/parallel formant synthesizer": his resonator is this one, sampled.
    """
    return np.asarray(centre_hz**2 / (centre_hz**2 - frequency**2 + 1j * frequency * width_hz), dtype=np.complex128)


def band(frequency: Track, centre_hz: float, octaves: float) -> Track:
    """Bell-shaped gain on a logarithmic frequency axis, 1 at the centre and exp(-1/2) at `octaves` to either side."""
    octaves_off = np.log2(np.maximum(frequency, 1.0) / centre_hz)
    return np.asarray(np.exp(-0.5 * np.square(octaves_off / octaves)), dtype=np.float64)
