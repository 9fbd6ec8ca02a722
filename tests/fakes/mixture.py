"""Mixtures of tones as files: 16-bit, and exactly the sum of their sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile as sf

from tests.fakes.tone import tone


def write_mixture(
    mixture: Path, sources: list[Path], hz: float = 300.0, seconds: float = 0.2, sample_rate: int = 16000
) -> None:
    """Source k is a tone k octaves above `hz`."""
    total = np.zeros(round(seconds * sample_rate), np.int16)
    for k, path in enumerate(sources):
        wave = (tone(hz * 2**k, seconds, sample_rate, level=0.2) * 32768).astype(np.int16)
        write_int16(path, wave, sample_rate)
        total += wave
    write_int16(mixture, total, sample_rate)


def write_int16(path: Path, wave: np.ndarray, sample_rate: int = 16000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, wave, sample_rate, subtype="PCM_16")
