"""A sung or spoken vowel: pulses of the vocal folds through the formants of a throat."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.oscillator import pulse_train
from lightning_sepcl.synth.response import Response, filtered, resonance
from lightning_sepcl.synth.waveform import Track, Wave, finished, time_axis

FORMANTS_HZ = (
    (730, 1090, 2440),  # a
    (530, 1840, 2480),  # e
    (270, 2290, 3010),  # i
    (570, 840, 2410),  # o
    (300, 870, 2240),  # u
)
"""First three formants of five vowels, men's averages. Source: Peterson & Barney 1952."""

WIDTHS_HZ = (80.0, 100.0, 140.0)  # of the size Klatt 1980 gives, rounded


def vowel(rng: np.random.Generator, sample_rate: int) -> Wave:
    """One syllable of 0.25 to 0.5 s, voice at 90 to 350 Hz.

    Redrawn: which vowel, the size of the throat (formants x 0.9 to 1.3), pitch, its rise and fall, breathiness.
    """
    formants, throat = FORMANTS_HZ[rng.integers(len(FORMANTS_HZ))], rng.uniform(0.9, 1.3)
    seconds, pitch_hz, arch = rng.uniform(0.25, 0.5), log_uniform(rng, 90.0, 350.0), rng.uniform(0.05, 0.25)
    breath, tilt_hz = rng.uniform(0.0, 0.05), rng.uniform(200, 600)

    def throat_response(frequency: Track) -> Response:
        gain = 1 / np.square(1 + 1j * frequency / tilt_hz)  # the folds' slope of 12 dB an octave
        gain = gain * 1j * frequency / (1 + 1j * frequency / 2000)  # radiation from the lips: 6 dB an octave back
        for centre, width in zip(formants, WIDTHS_HZ, strict=True):
            gain = gain * resonance(frequency, throat * centre, width)
        return np.asarray(gain, dtype=np.complex128)

    time = time_axis(seconds, sample_rate)
    folds = pulse_train(pitch_hz * (1 + arch * np.sin(np.pi * time / seconds)), sample_rate)
    folds = folds + breath * rng.standard_normal(len(time))
    voice = filtered(folds, sample_rate, throat_response)
    return finished(voice, sample_rate, attack_seconds=0.03, release_seconds=0.06)
