"""A bird's call: quick syllables whose pitch sweeps upwards."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.oscillator import tone
from lightning_sepcl.synth.waveform import Track, Wave, finished, time_axis


def bird_chirp(rng: np.random.Generator, sample_rate: int) -> Wave:
    """Two to five syllables of 50 to 110 ms, each rising by 0.5 to 1.1 octaves from 500 to 1600 Hz.

    Redrawn: number, length and spacing of syllables, the pitch they start from, the width of the sweep.
    """
    syllables, seconds, pause = int(rng.integers(2, 6)), rng.uniform(0.05, 0.11), rng.uniform(0.015, 0.05)
    start_hz, octaves, overtone = log_uniform(rng, 500.0, 1600.0), rng.uniform(0.5, 1.1), rng.uniform(0.05, 0.3)
    shift = 2 ** rng.normal(0, 0.04, syllables)
    time = time_axis(syllables * (seconds + pause), sample_rate)
    number = np.minimum((time // (seconds + pause)).astype(int), syllables - 1)
    within = (time - number * (seconds + pause)) / seconds
    wave = tone(rising_pitch(within, octaves) * start_hz * shift[number], sample_rate, (1.0, overtone))
    return finished(wave * np.sin(np.pi * within.clip(0, 1)), sample_rate)


def rising_pitch(within: Track, octaves: float) -> Track:
    """Pitch over the starting one, `within` running from 0 to 1 through a syllable: a straight line in octaves."""
    return np.asarray(np.exp2(octaves * within.clip(0, 1)), dtype=np.float64)
