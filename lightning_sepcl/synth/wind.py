"""Wind round a corner: narrow noise whose pitch and strength wander slowly."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.oscillator import phase_of
from lightning_sepcl.synth.waveform import BAND_EDGE, Wave, finished, time_axis


def wind(rng: np.random.Generator, sample_rate: int) -> Wave:
    """A gust of 0.45 to 0.7 s at 250 to 2000 Hz, 60 to 250 Hz wide.

    It swells, bends by up to half an octave and dies down. Redrawn: pitch, width, bend and when it comes, the noise.

    The noise is made at 0 Hz and moved to the pitch, the only way for a band of noise to glide without a step.
    """
    seconds, centre_hz, width_hz = (
        rng.uniform(0.45, 0.7),
        log_uniform(rng, 250.0, 2000.0),
        log_uniform(rng, 60.0, 250.0),
    )
    bend, turn = rng.uniform(-0.5, 0.5), rng.uniform(0.3, 0.7)
    time = time_axis(seconds, sample_rate)
    pitch_hz = centre_hz * np.exp2(bend * np.exp(-np.square((time / seconds - turn) / 0.25)))
    frequency = np.fft.fftfreq(len(time), 1 / sample_rate)
    width = np.exp(-0.5 * np.square(2 * frequency / width_hz)) * (np.abs(frequency) < BAND_EDGE * sample_rate)
    noise = np.fft.fft(rng.standard_normal(len(time)) + 1j * rng.standard_normal(len(time)))
    slow = np.fft.ifft(noise * width)
    wave = np.real(slow * np.exp(1j * phase_of(pitch_hz, sample_rate)))
    return finished(wave, sample_rate, attack_seconds=seconds / 4, release_seconds=seconds / 3)
