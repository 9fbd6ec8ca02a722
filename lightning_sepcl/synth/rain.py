"""Rain on a surface: many small impacts at random times."""

import numpy as np

from lightning_sepcl.synth.draws import log_uniform
from lightning_sepcl.synth.response import band, filtered
from lightning_sepcl.synth.waveform import Wave, finished, time_axis


def rain(rng: np.random.Generator, sample_rate: int) -> Wave:
    """A stretch of 0.4 to 0.6 s, 60 to 250 drops a second, each a click coloured by the surface.

    Redrawn: density, colour (centre 600 to 3000 Hz, 0.8 to 1.3 octaves wide), time and strength of every drop.
    """
    seconds, drops_hz = rng.uniform(0.4, 0.6), log_uniform(rng, 60.0, 250.0)
    centre_hz, octaves = log_uniform(rng, 600.0, 3000.0), rng.uniform(0.8, 1.3)
    time = time_axis(seconds, sample_rate)
    impacts = np.zeros(len(time))
    drops = 1 + int(rng.poisson(drops_hz * seconds))
    # Strengths are log-normal: few drops are heavy, most are heard only together.
    strengths = rng.choice((-1, 1), drops) * np.exp(rng.normal(0, 0.5, drops))
    np.add.at(impacts, (rng.random(drops) * len(time)).astype(int), strengths)
    return finished(filtered(impacts, sample_rate, lambda f: band(f, centre_hz, octaves)), sample_rate)
