"""Knocking on wood: two to four dull strokes of a bar that hardly rings."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.modes import decaying_modes
from lightning_sepcl.synth.waveform import Wave, finished, time_axis

RATIOS = (1.0, 2.756, 5.404, 8.933)
"""Bending modes of a free bar over the lowest. Source: Fletcher & Rossing 1998, chapter on bars."""

STRENGTHS = (1.0, 0.6, 0.35, 0.2)


def knock(rng: np.random.Generator, sample_rate: int) -> Wave:
    """Two to four strokes 90 to 170 ms apart, lowest mode at 150 to 1200 Hz.

    Redrawn: number and spacing of strokes, pitch, damping (60 dB in 30 to 90 ms), strength of each stroke (2 dB).
    """
    strokes, spacing = int(rng.integers(2, 5)), rng.uniform(0.09, 0.17)
    lowest_hz, t60 = log_uniform(rng, 150.0, 1200.0), log_uniform(rng, 0.03, 0.09)
    onsets = spacing * (np.arange(strokes) + rng.uniform(-0.1, 0.1, strokes).clip(min=0))
    gains = 10 ** (rng.normal(0, 2, strokes) / 20)
    time = time_axis(onsets[-1] + 1.5 * t60, sample_rate)
    t60s = [t60 / ratio**0.4 for ratio in RATIOS]
    wave = np.zeros(len(time))
    for onset, gain in zip(onsets, gains, strict=True):
        wave += gain * decaying_modes(time - onset, [lowest_hz * r for r in RATIOS], STRENGTHS, t60s)
    return finished(wave, sample_rate, attack_seconds=0.001)
