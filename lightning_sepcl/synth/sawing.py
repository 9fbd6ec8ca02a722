"""Sawing wood: rasping noise that swells with every pull of the blade."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.response import band, filtered
from lightning_sepcl.synth.waveform import Wave, finished, time_axis


def sawing(rng: np.random.Generator, sample_rate: int) -> Wave:
    """Two or three pulls of 130 to 240 ms; 45 to 110 teeth a second rasp a noise centred at 500 to 2600 Hz.

    Redrawn: number and length of pulls, teeth, colour of the noise, the noise.
    """
    pulls, pull_seconds, teeth_hz = int(rng.integers(2, 4)), rng.uniform(0.13, 0.24), rng.uniform(45, 110)
    centre_hz, octaves = log_uniform(rng, 500.0, 2600.0), rng.uniform(0.4, 0.9)
    time = time_axis(pulls * pull_seconds, sample_rate)
    within = (time / pull_seconds) % 1
    swell = np.sin(np.pi * within**1.7) ** 2  # slow start, quick end: the blade gains speed through the pull
    teeth = 0.3 + 0.7 * (0.5 + 0.5 * np.cos(2 * np.pi * teeth_hz * time))
    noise = filtered(rng.standard_normal(len(time)), sample_rate, lambda f: band(f, centre_hz, octaves))
    return finished(swell * teeth * noise, sample_rate)
