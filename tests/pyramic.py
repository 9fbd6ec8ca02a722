"""The Pyramic array as it was measured: 48 microphones, a loudspeaker every two degrees around them, no audio.

Source: Scheibler et al. 2018, Pyramic dataset (CC BY 4.0). Delays are seconds by which a microphone hears later than
the first; of the three loudspeakers the lowest is the one without gross errors.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

LOW = 1
"""The lowest loudspeaker's place in the file of delays."""


@dataclass(frozen=True)
class Measured:
    """Of some microphones: places (mic, 3) in m, arrival (direction, mic) in s, azimuth (direction) in degrees."""

    places: np.ndarray
    arrival: np.ndarray
    azimuth_deg: np.ndarray
    speed_m_s: float


def measured(microphones: list[int], every: int) -> Measured:
    """These microphones, every so many directions."""
    folder = Path(os.environ["SEPCL_DATA"]) / "spatial" / "pyramic"
    calibrated = json.loads((folder / "calibrated_locations.json").read_text())
    delays = np.array(json.loads((folder / "pyramic_tdoa.json").read_text())["delays"])[:, ::every, LOW]
    arrival = np.concatenate([np.zeros((1, delays.shape[1])), delays])[microphones].T
    azimuth = calibrated["sources"]["low"]["azimuth"]
    angles = [np.rad2deg(azimuth[str(2 * i)]) for i in range(0, 180, every)]
    speed = calibrated["sound_speed_mps"]
    return Measured(np.array(calibrated["microphones"])[microphones], arrival, np.array(angles), speed)


def heard(arrival: np.ndarray, rate: int, samples: int, seed: int) -> torch.Tensor:
    """(mic, sample) noise that comes to each microphone after its delay in seconds, by phases in frequency."""
    noise = torch.randn(samples, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    hz = torch.fft.rfftfreq(samples, 1 / rate, dtype=torch.float64)
    turned = torch.fft.rfft(noise) * torch.exp(-2j * torch.pi * hz * torch.from_numpy(arrival)[:, None])
    return (0.1 * torch.fft.irfft(turned, samples)).float()
