"""Clapping hands: bursts of noise through the hollow between the palms."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.response import band, filtered
from lightning_sepcl.synth.waveform import Wave, finished, time_axis


def clap(rng: np.random.Generator, sample_rate: int) -> Wave:
    """Two to four claps 110 to 220 ms apart, hollow tuned to 500 to 2600 Hz.

    Redrawn: number and spacing of claps, the hollow's pitch and width, how fast a clap dies (time constant 8 to
    25 ms), the strength of each (2 dB), the noise.

    Source: Repp 1987, "The sound of two hands clapping": one or two broad spectral peaks, 0.4 to 3 kHz.
    """
    claps, spacing, dying = int(rng.integers(2, 5)), rng.uniform(0.11, 0.22), log_uniform(rng, 0.008, 0.025)
    centre_hz, octaves = log_uniform(rng, 500.0, 2600.0), rng.uniform(0.3, 0.7)
    onsets, gains = spacing * np.arange(claps), 10 ** (rng.normal(0, 2, claps) / 20)
    time = time_axis(onsets[-1] + 5 * dying, sample_rate)
    envelope = np.zeros(len(time))
    for onset, gain in zip(onsets, gains, strict=True):
        after = time - onset
        envelope += np.where(after >= 0, gain * np.exp(-np.maximum(after, 0) / dying), 0)
    noise = filtered(rng.standard_normal(len(time)), sample_rate, lambda f: band(f, centre_hz, octaves))
    return finished(envelope * noise, sample_rate, attack_seconds=0.001)
