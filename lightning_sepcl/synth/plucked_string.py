"""A plucked string: a burst of noise that runs round a lossy loop, one period long."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.response import Response, filtered
from lightning_sepcl.synth.waveform import Track, Wave, finished


def plucked_string(rng: np.random.Generator, sample_rate: int) -> Wave:
    """One note of 0.35 to 0.6 s, fundamental 110 to 1000 Hz.

    Redrawn: pitch, ring time, how much faster high partials die, where along the string it is plucked, the burst.
    """
    seconds, pitch_hz = rng.uniform(0.35, 0.6), log_uniform(rng, 110.0, 1000.0)
    t60, dulling, where = log_uniform(rng, 0.25, 0.8), log_uniform(rng, 0.5, 3.0), rng.uniform(0.1, 0.45)
    return string(rng, sample_rate, seconds, pitch_hz, t60, dulling, where)


def string(
    rng: np.random.Generator,
    sample_rate: int,
    seconds: float,
    pitch_hz: float,
    t60_seconds: float,
    dulling: float,
    where: float,
) -> Wave:
    """A string of given pitch: the loop's transfer function 1 / (1 - loss * delay) applied to one period of noise.

    Args:
        rng: draws the burst.
        sample_rate: Hz.
        seconds: length of the note.
        pitch_hz: the loop's delay is exactly one period, whole number of samples or not.
        t60_seconds: time in which the fundamental falls by 60 dB.
        dulling: extra losses; at 2 kHz a partial dies `1 + dulling` times as fast as at 0 Hz.
        where: plucking point as a share of the length; partials with a node there are missing.

    Source: Karplus & Strong 1983, "Digital synthesis of plucked-string and drum timbres"; plucking point from Jaffe &
    Smith 1983. Differs: the loop runs in the frequency domain, so that pitch and losses are in Hz and seconds at any
    sample rate (their average of two samples ties both to it).
    """

    def loop(frequency: Track) -> Response:
        loss = np.exp(-np.log(1000) / t60_seconds / pitch_hz * (1 + dulling * (frequency / 2000) ** 2))
        comb = 1 - np.exp(-2j * np.pi * frequency * where / pitch_hz)
        return np.asarray(comb / (1 - loss * np.exp(-2j * np.pi * frequency / pitch_hz)), dtype=np.complex128)

    samples, period = round(seconds * sample_rate), int(np.ceil(sample_rate / pitch_hz))
    burst = np.zeros(2 * samples)  # long enough for the ring to fade before the transform wraps round
    burst[:period] = rng.standard_normal(period)
    return finished(filtered(burst, sample_rate, loop)[:samples], sample_rate, attack_seconds=0.002)
