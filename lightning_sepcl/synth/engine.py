"""A combustion engine: uneven pulses, one per firing, through an exhaust's resonances."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.oscillator import phase_of, pulse_train
from lightning_sepcl.synth.response import Response, filtered, resonance
from lightning_sepcl.synth.waveform import Track, Wave, finished, time_axis


def engine(rng: np.random.Generator, sample_rate: int) -> Wave:
    """A stretch of 0.4 to 0.7 s, 22 to 70 firings a second, four cylinders of unequal strength.

    Redrawn: speed and its drift (10 % up or down), each cylinder's strength (3 dB), two resonances between 150 and
    2500 Hz, exhaust noise (6 to 14 dB below, strongest when a cylinder fires).
    """
    seconds, firing_hz, drift = rng.uniform(0.4, 0.7), log_uniform(rng, 22.0, 70.0), rng.uniform(-0.1, 0.1)
    low_hz, high_hz, noise_db = log_uniform(rng, 150.0, 600.0), log_uniform(rng, 600.0, 2500.0), rng.uniform(-14, -6)
    cylinders = 10 ** (rng.normal(0, 3, 4) / 20)

    def exhaust(frequency: Track) -> Response:
        muffler = 1 / (1 + 1j * frequency / 1500)
        low, high = resonance(frequency, low_hz, low_hz / 4), resonance(frequency, high_hz, high_hz / 4)
        return np.asarray(muffler * (low + 0.7 * high), dtype=np.complex128)

    time = time_axis(seconds, sample_rate)
    rate_hz = firing_hz * (1 + drift * time / seconds)
    phase = phase_of(rate_hz, sample_rate)
    pulses = pulse_train(rate_hz, sample_rate) * cylinders[(phase / (2 * np.pi) + 0.5).astype(int) % 4]
    noise = rng.standard_normal(len(time)) * np.exp(-((phase / (2 * np.pi)) % 1) / 0.15)
    noise *= 10 ** (noise_db / 20) * pulses.std() / noise.std()
    return finished(filtered(pulses + noise, sample_rate, exhaust), sample_rate, release_seconds=0.03)
