"""A hand drum: modes of a round membrane whose pitch falls after the stroke, and the slap on it."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.oscillator import tone
from lightning_sepcl.synth.response import band, filtered
from lightning_sepcl.synth.waveform import Wave, finished, time_axis

RATIOS = (1.0, 1.594, 2.136, 2.296, 2.653, 2.918)
"""Zeros of the Bessel functions over the first one: ideal membrane. Source: Fletcher & Rossing 1998, on membranes."""

STRENGTHS = (1.0, 0.7, 0.5, 0.35, 0.3, 0.2)
GLIDE_SECONDS = 0.04  # ours: the membrane is tighter while it swings wide


def drum(rng: np.random.Generator, sample_rate: int) -> Wave:
    """One stroke of 0.25 to 0.45 s, lowest mode at 90 to 600 Hz.

    Redrawn: pitch, how far it starts too high (10 to 50 %), damping, strength and colour of the slap.
    """
    seconds, lowest_hz, t60 = rng.uniform(0.25, 0.45), log_uniform(rng, 90.0, 600.0), log_uniform(rng, 0.2, 0.5)
    glide, slap, slap_hz = rng.uniform(0.1, 0.5), rng.uniform(0.2, 0.8), log_uniform(rng, 800.0, 3000.0)
    time = time_axis(seconds, sample_rate)
    pitch_hz = lowest_hz * (1 + glide * np.exp(-time / GLIDE_SECONDS))
    wave = np.zeros(len(time))
    for ratio, strength in zip(RATIOS, STRENGTHS, strict=True):
        wave += strength * np.exp(-np.log(1000) * ratio**0.7 / t60 * time) * tone(ratio * pitch_hz, sample_rate)
    noise = filtered(rng.standard_normal(len(time)), sample_rate, lambda f: band(f, slap_hz, 0.8))
    noise *= np.exp(-time / 0.012) / noise.std()
    return finished(wave + slap * noise, sample_rate, attack_seconds=0.002)
