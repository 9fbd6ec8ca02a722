"""A small bell: few inharmonic modes that ring."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.modes import decaying_modes
from lightning_sepcl.synth.waveform import Wave, finished, time_axis

RATIOS = (0.5, 1.0, 1.2, 1.5, 2.0, 2.5, 2.67, 3.0, 4.0)
"""Hum, prime, minor third, fifth, nominal and upper modes of a tuned bell over its prime.
Source: Fletcher & Rossing 1998, chapter on bells (rounded)."""

STRENGTHS = (0.5, 0.8, 1.0, 0.4, 1.0, 0.4, 0.5, 0.6, 0.4)  # ours: third and nominal lead, as the ear hears them


def bell(rng: np.random.Generator, sample_rate: int) -> Wave:
    """One stroke of 0.4 to 0.7 s, prime at 250 to 1700 Hz.

    Redrawn: pitch, ring time, each mode's mistuning (1 %) and strength (3 dB).
    """
    seconds, prime_hz, t60 = rng.uniform(0.4, 0.7), log_uniform(rng, 250.0, 1700.0), log_uniform(rng, 0.4, 1.2)
    frequencies = prime_hz * np.array(RATIOS) * (1 + 0.01 * rng.standard_normal(len(RATIOS)))
    strengths = np.array(STRENGTHS) * 10 ** (rng.normal(0, 3, len(RATIOS)) / 20)
    wave = decaying_modes(
        time_axis(seconds, sample_rate), frequencies.tolist(), strengths.tolist(), [t60 / r**0.6 for r in RATIOS]
    )
    return finished(wave, sample_rate, attack_seconds=0.002)
