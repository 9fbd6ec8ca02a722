"""Dripping water: every drop traps a bubble, and the bubble rings while it rises."""

import numpy as np

from lightning_sepcl.synth.draws import arrivals
from lightning_sepcl.synth.waveform import BAND_EDGE, Track, Wave, finished, time_axis

MINNAERT = 3.26
"""Hz * m: frequency times radius of an air bubble in water at one atmosphere.
Source: Minnaert 1933, "On musical air-bubbles and the sounds of running water"."""


def water_drops(rng: np.random.Generator, sample_rate: int) -> Wave:
    """Three to nine bubbles within 0.3 to 0.55 s, radius 1.2 to 6 mm: 2.7 kHz down to 540 Hz.

    Redrawn: when each drop falls, its size, how fast its bubble rises, its strength.
    """
    seconds, typical_mm = rng.uniform(0.3, 0.55), rng.uniform(1.8, 4.0)
    onsets = arrivals(rng, seconds - 0.06, 0.035, 0.11)
    radii_m = (1e-3 * typical_mm * np.exp2(rng.uniform(-0.58, 0.58, len(onsets)))).tolist()
    rises, gains = rng.uniform(0.5, 2.0, len(onsets)).tolist(), (10 ** (rng.uniform(-6, 0, len(onsets)) / 20)).tolist()
    time = time_axis(seconds, sample_rate)
    wave = np.zeros(len(time))
    for onset, radius, rise, gain in zip(onsets, radii_m, rises, gains, strict=True):
        first = round(onset * sample_rate)
        wave[first:] += gain * bubble(time[: len(time) - first], radius, rise, sample_rate)
    return finished(wave, sample_rate, attack_seconds=0.002)


def bubble(time: Track, radius_m: float, rise: float, sample_rate: int) -> Track:
    """A bubble's ring, from its closing at time 0: a sine that dies and whose pitch climbs.

    Args:
        time: seconds, from 0.
        radius_m: metres.
        rise: the pitch climbs by a tenth of this in one time constant of the decay; 0 far below the surface.
        sample_rate: Hz.

    Source: van den Doel 2005, "Physically based models for liquid sounds": damping 0.13/r + 0.0072 r^-3/2,
    rise proportional to damping. Differs: damping is halved, which at these sizes gives the ear a clearer drop.
    """
    damping = 0.5 * (0.13 / radius_m + 0.0072 * radius_m**-1.5)
    pitch_hz = (MINNAERT / radius_m) * (1 + 0.1 * rise * damping * time)
    audible = pitch_hz < BAND_EDGE * sample_rate
    soft = 1 - np.exp(-time / 0.001)  # the neck closes in about a millisecond
    phase = 2 * np.pi * (MINNAERT / radius_m) * (time + 0.05 * rise * damping * time**2)  # integral of the pitch
    return np.asarray(audible * soft * np.exp(-damping * time) * np.sin(phase), dtype=np.float64)
