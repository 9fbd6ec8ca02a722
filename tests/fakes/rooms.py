"""A tiny rendered corpus: files and manifest as `data_sim render` writes them, with noise from known directions."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import soundfile as sf
import torch

RATE = 16000
COLUMNS = ("scene", "file", "recording", "label", "azimuth_deg", "elevation_deg", "distance_m")


def far_field(
    azimuth_deg: float, samples: int, seed: int, radius: float = 0.05, mics: int = 4, rate: int = RATE
) -> torch.Tensor:
    """(mic, sample) noise of a far source as a horizontal circle of microphones hears it, by delays in frequency."""
    noise = torch.randn(samples, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    at = 2 * np.pi * torch.arange(mics, dtype=torch.float64) / mics
    delay = -radius * torch.cos(at - np.deg2rad(azimuth_deg)) / 343
    hz = torch.fft.rfftfreq(samples, 1 / rate, dtype=torch.float64)
    turned = torch.fft.rfft(noise) * torch.exp(-2j * np.pi * hz * delay[:, None])
    return (0.1 * torch.fft.irfft(turned, samples)).float()


def write_rooms(root: Path, scenes: int = 24, seconds: float = 0.5, recordings: list[str] | None = None) -> Path:
    """Two classes; two scenes in turn share a recording."""
    names = recordings or [f"{'Rain' if i % 2 else 'Wind'}/{i:02d}.wav" for i in range(scenes // 2)]
    (root / "shard-00000").mkdir(parents=True)
    with (root / "manifest.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for i in range(scenes):
            azimuth = -180 + 360 * (i * 0.618 % 1)
            name, recording = f"shard-00000/{i:06d}.flac", names[i % len(names)]
            wave = far_field(azimuth, round(seconds * RATE), i)
            sf.write(root / name, wave.T.numpy(), RATE)
            label = recording.rpartition("/")[0]
            table.writerow(dict(zip(COLUMNS, (i, name, recording, label, round(azimuth, 4), 0.0, 1.5), strict=True)))
    return root


SECOND = ("recording_2", "label_2", "azimuth_2_deg", "elevation_2_deg", "distance_2_m")


def with_second_sources(root: Path, seconds: float = 0.5) -> Path:
    """The same corpus with another recording, from elsewhere, in all scenes but every fifth."""
    path = root / "manifest.csv"
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    for i, line in enumerate(lines):
        other, azimuth = lines[(i + 5) % len(lines)], -180 + 360 * (i * 0.381 % 1)
        if i % 5:
            wave, _ = sf.read(root / line["file"], always_2d=True)
            wave += far_field(azimuth, round(seconds * RATE), 100 + i).T.numpy()
            sf.write(root / line["file"], wave, RATE)
        values = (other["recording"], other["label"], round(azimuth, 4), 0.0, 2.5) if i % 5 else [""] * 5
        line |= dict(zip(SECOND, values, strict=True))
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(lines[0]))
        table.writeheader()
        table.writerows(lines)
    return root
