"""Small sounds with known content, written as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile as sf


def tone(hz: float, seconds: float, sample_rate: int, level: float = 0.5) -> np.ndarray:
    """(sample,) float32 sine."""
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * sample_rate)) / sample_rate)).astype(np.float32)


def write_tone(
    path: Path, hz: float = 440.0, seconds: float = 0.5, sample_rate: int = 16000, channels: int = 1
) -> Path:
    """A tone as a file; its format follows from the ending. Every channel is quieter than the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = tone(hz, seconds, sample_rate)
    sf.write(path, np.stack([wave / (1 + channel) for channel in range(channels)], axis=1), sample_rate)
    return path


def cut_file(path: Path, share: float) -> Path:
    """Keep only the first `share` of a file's bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path
