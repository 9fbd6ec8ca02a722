"""Periodic sources of moving pitch, limited to the band: a few partials, or all of them at once."""

from collections.abc import Sequence

import numpy as np

from lightning_sepcl.synth.waveform import BAND_EDGE, Track


def phase_of(pitch_hz: Track, sample_rate: int) -> Track:
    """Phase in radians, 0 at the first sample, of an oscillator that follows `pitch_hz`."""
    return np.asarray(2 * np.pi * (np.cumsum(pitch_hz) - pitch_hz[0]) / sample_rate, dtype=np.float64)


def tone(pitch_hz: Track, sample_rate: int, amplitudes: Sequence[float] = (1.0,)) -> Track:
    """Harmonic tone with one amplitude per partial, the fundamental first.

    A partial fades out while its frequency nears 0.45 of the sample rate and is silent above it.
    """
    limit, phase, wave = BAND_EDGE * sample_rate, phase_of(pitch_hz, sample_rate), np.zeros(len(pitch_hz))
    for number, amplitude in enumerate(amplitudes, start=1):
        audible = np.clip((limit - number * pitch_hz) / (0.02 * limit), 0, 1)
        if audible.any():
            wave += amplitude * audible * np.sin(number * phase)
    return wave


def pulse_train(pitch_hz: Track, sample_rate: int) -> Track:
    """Pulses of unit height at a moving rate: all partials below the band's edge, equally strong.

    Source: Winham & Steiglitz 1970, "Input generators for digital sound synthesis": the closed form of a sum of cosines
    (Dirichlet kernel), which costs the same for three partials as for three hundred.
    """
    partials = max(1, int(BAND_EDGE * sample_rate // pitch_hz.max()))
    phase = phase_of(pitch_hz, sample_rate)
    half = 2 * np.sin(phase / 2)
    safe = np.where(np.abs(half) < 1e-9, 1.0, half)
    cosines = np.where(np.abs(half) < 1e-9, partials, np.sin((partials + 0.5) * phase) / safe - 0.5)
    return cosines / partials
