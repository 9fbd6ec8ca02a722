"""Mel bands as librosa draws them: Slaney's scale instead of HTK's, and every band the mean of its bins."""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

LINEAR_HZ = 200 / 3
"""Width of a mel below `BREAK_HZ`."""
BREAK_HZ = 1000.0
OCTAVES = math.log(6.4) / 27
"""Above, 27 mels are a factor of 6.4."""


def hz_to_slaney_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mels of Slaney's Auditory Toolbox: straight up to 1000 Hz (15 mel), logarithmic above."""
    above = BREAK_HZ / LINEAR_HZ + np.log(np.maximum(hz, BREAK_HZ) / BREAK_HZ) / OCTAVES
    return np.where(hz < BREAK_HZ, hz / LINEAR_HZ, above)


def slaney_mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """The way back."""
    broken = BREAK_HZ / LINEAR_HZ
    return np.where(mel < broken, mel * LINEAR_HZ, BREAK_HZ * np.exp(OCTAVES * (np.maximum(mel, broken) - broken)))


def slaney_filterbank(
    sample_rate: int, n_fft: int, bins: int, low_hz: float, high_hz: float
) -> Float[Tensor, "{n_fft//2+1} {bins}"]:
    """Triangular weights with straight flanks over Hz; each band's add up to 1. Computed in float64, given as float32.

    Args:
        sample_rate: Hz.
        n_fft: length of the FFT.
        bins: number of bands.
        low_hz: lower edge of the first band.
        high_hz: upper edge of the last band.

    Raises:
        ValueError: edges out of order or above half the sample rate, or a band so narrow that no FFT bin lies in it.

    Source: librosa's `filters.mel(norm=1)`, with which it agrees to float32; its `norm="slaney"` makes the area over Hz
        1 instead, which differs by the width of an FFT bin.
    """
    if not 0 <= low_hz < high_hz <= sample_rate / 2:
        raise ValueError(
            f"mel bands from {low_hz:g} to {high_hz:g} Hz do not fit below half the sample rate of {sample_rate} Hz: "
            f"choose 0 <= low_hz < high_hz <= {sample_rate / 2:g}"
        )
    hz = np.linspace(0, sample_rate / 2, n_fft // 2 + 1)[:, None]
    ends = hz_to_slaney_mel(np.array([low_hz, high_hz]))
    edges = slaney_mel_to_hz(np.linspace(ends[0], ends[1], bins + 2))
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0, np.minimum((hz - low) / (centre - low), (high - hz) / (high - centre)))
    if empty := int((weights.sum(0) == 0).sum()):
        raise ValueError(f"{empty} of {bins} mel bands hold no bin of an FFT of {n_fft}: fewer bands or a longer FFT")
    return torch.from_numpy(weights / weights.sum(0)).to(torch.float32)
