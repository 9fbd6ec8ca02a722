"""A siren: a rich tone that glides slowly up and down again."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.oscillator import tone
from lightning_sepcl.synth.waveform import Wave, finished, time_axis


def siren(rng: np.random.Generator, sample_rate: int) -> Wave:
    """One wail of 0.45 to 0.7 s, from 250 to 1200 Hz up by 0.8 to 1.4 octaves and back.

    Redrawn: pitch, width, length, when the top is reached, how rich the tone is.
    """
    seconds, low_hz, octaves = rng.uniform(0.45, 0.7), log_uniform(rng, 250.0, 1200.0), rng.uniform(0.8, 1.4)
    top, slope = rng.uniform(0.35, 0.65), rng.uniform(1.0, 2.0)
    time = time_axis(seconds, sample_rate) / seconds
    height = np.where(time < top, time / top, (1 - time) / (1 - top))
    pitch_hz = low_hz * np.exp2(octaves * (0.5 - 0.5 * np.cos(np.pi * height)))
    wave = tone(pitch_hz, sample_rate, [n**-slope for n in range(1, 7)])
    return finished(wave, sample_rate, attack_seconds=0.03, release_seconds=0.03)
