"""An electronic telephone: two tones that take turns quickly."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.oscillator import tone
from lightning_sepcl.synth.waveform import Wave, finished, time_axis


def telephone(rng: np.random.Generator, sample_rate: int) -> Wave:
    """One ring of 0.35 to 0.6 s, lower tone at 350 to 2000 Hz, upper one 20 to 50 % above, 10 to 18 changes a second.

    Redrawn: both pitches, the rate of change, the strength of the overtones.
    """
    seconds, low_hz, ratio = rng.uniform(0.35, 0.6), log_uniform(rng, 350.0, 2000.0), rng.uniform(1.2, 1.5)
    changes_hz, overtone = rng.uniform(10, 18), rng.uniform(0.2, 0.6)
    time = time_axis(seconds, sample_rate)
    square = np.tanh(8 * np.sin(np.pi * changes_hz * time))  # a switch that takes a few ms, so that it does not click
    pitch_hz = low_hz * (1 + (ratio - 1) * (0.5 + 0.5 * square))
    wave = tone(pitch_hz, sample_rate, (1.0, overtone, overtone**2, overtone**3))
    return finished(wave, sample_rate, attack_seconds=0.01)
