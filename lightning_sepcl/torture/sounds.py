"""Small recordings for jobs to work on: seeded noise and tones in several formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile as sf
from jaxtyping import Float32

from lightning_sepcl.audio.reading import Array

FORMATS = (("wav", "PCM_16"), ("flac", "PCM_16"), ("wav", "FLOAT"), ("ogg", "VORBIS"))


def sound(number: int, samples: int, sample_rate: int) -> Float32[Array, " sample"]:
    """A tone in noise, full scale 1."""
    noise = np.random.default_rng(number).normal(0, 0.05, samples)
    tone = 0.4 * np.sin(2 * np.pi * (200 + 37 * (number % 60)) * np.arange(samples) / sample_rate)
    wave: Float32[Array, " sample"] = (tone + noise).clip(-1, 1).astype(np.float32)
    return wave


def write_sounds(folder: Path, count: int, seconds: float, sample_rate: int, formats: int = len(FORMATS)) -> None:
    """`000.wav`, `001.flac` ... in two classes; the first so many of `FORMATS` take turns."""
    for number in range(count):
        ending, subtype = FORMATS[number % formats]
        path = folder / ("even", "odd")[number % 2] / f"{number:03d}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        sf.write(path, sound(number, round(seconds * sample_rate), sample_rate), sample_rate, subtype=subtype)
