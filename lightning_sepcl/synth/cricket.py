"""A cricket's song: a pure tone cut into short pulses, one per stroke of the wings."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.oscillator import tone
from lightning_sepcl.synth.waveform import Wave, finished, time_axis


def cricket(rng: np.random.Generator, sample_rate: int) -> Wave:
    """One trill of 0.3 to 0.6 s: 18 to 40 pulses a second of a tone at 900 to 3200 Hz.

    In each pulse the tone sinks by 4 %. Redrawn: carrier, rate of the strokes, share of the time that sounds, overtone.

    Source: Bennet-Clark 1970, "The mechanism and efficiency of sound production in mole crickets": these sing lower
    (1.6 to 3.5 kHz) than field crickets. Differs: the range goes further down, so that pitch alone does not tell.
    """
    seconds, carrier_hz, strokes_hz = rng.uniform(0.3, 0.6), log_uniform(rng, 900.0, 3200.0), rng.uniform(18, 40)
    share, overtone = rng.uniform(0.4, 0.65), rng.uniform(0.02, 0.2)
    time = time_axis(seconds, sample_rate)
    within = (time * strokes_hz) % 1 / share
    stroke = np.where(within < 1, np.sin(np.pi * within.clip(0, 1)) ** 2, 0.0)
    carrier = tone(carrier_hz * (1 - 0.04 * within.clip(0, 1)), sample_rate, (1.0, overtone))
    return finished(stroke * carrier, sample_rate)
