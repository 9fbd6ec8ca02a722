"""A cricket's song: a pure tone cut into short pulses, one per stroke of the wings."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.oscillator import tone
from lightning_sepcl.synth.waveform import Wave, finished, time_axis


def cricket(rng: np.random.Generator, sample_rate: int) -> Wave:
    """One trill of 0.3 to 0.6 s: 18 to 40 pulses a second of a tone at 900 to 3200 Hz that sinks a little in each pulse.

    Redrawn: carrier, rate of the strokes, share of the time that sounds, overtone.

    Source: Bennet-Clark 1970 and later work on mole and tree crickets, which sing lower (1.6 to 3.5 kHz) than field crickets.
    Differs: the range goes further down, so that pitch alone does not tell the class.
    """
    seconds, carrier_hz, strokes_hz = rng.uniform(0.3, 0.6), log_uniform(rng, 900, 3200), rng.uniform(18, 40)
    share, overtone = rng.uniform(0.4, 0.65), rng.uniform(0.02, 0.2)
    time = time_axis(seconds, sample_rate)
    within = (time * strokes_hz) % 1 / share
    stroke = np.where(within < 1, np.sin(np.pi * within.clip(0, 1)) ** 2, 0.0)
    return finished(stroke * tone(carrier_hz * (1 - 0.04 * within.clip(0, 1)), sample_rate, (1.0, overtone)), sample_rate)
