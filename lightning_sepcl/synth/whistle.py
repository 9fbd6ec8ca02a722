"""Somebody whistling: an almost pure tone with vibrato, and a little breath."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.oscillator import tone
from lightning_sepcl.synth.response import band, filtered
from lightning_sepcl.synth.waveform import Wave, finished, time_axis


def whistle(rng: np.random.Generator, sample_rate: int) -> Wave:
    """One held note of 0.35 to 0.6 s at 500 to 2500 Hz.

    Redrawn: pitch, vibrato (5 to 8 Hz, 3 to 8 % to either side), breath (20 to 30 dB below the tone), its noise.
    """
    seconds, pitch_hz, breath_db = rng.uniform(0.35, 0.6), log_uniform(rng, 500.0, 2500.0), rng.uniform(-30, -20)
    rate_hz, depth, phase = rng.uniform(5, 8), rng.uniform(0.03, 0.08), rng.uniform(0, 2 * np.pi)
    time = time_axis(seconds, sample_rate)
    wave = tone(pitch_hz * (1 + depth * np.sin(2 * np.pi * rate_hz * time + phase)), sample_rate, (1.0, 0.08))
    breath = filtered(rng.standard_normal(len(time)), sample_rate, lambda f: band(f, pitch_hz, 0.5))
    wave += 10 ** (breath_db / 20) * breath / breath.std()
    return finished(wave, sample_rate, attack_seconds=0.04, release_seconds=0.06)
