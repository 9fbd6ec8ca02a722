"""Mel bands: how a magnitude spectrum is summed into bands that are equally wide to the ear."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

FloatArray = NDArray[np.float64]


def hz_to_mel(hz: float | FloatArray) -> FloatArray:
    """The HTK mel scale in its natural-logarithm form, 1127 ln(1 + f / 700); 1000 Hz are 1000 mel.

    >>> round(float(hz_to_mel(1000.0)))
    1000
    """
    return np.asarray(1127 * np.log1p(np.asarray(hz) / 700), dtype=np.float64)


def mel_filterbank(
    sample_rate: int, n_fft: int, bins: int, low_hz: float, high_hz: float
) -> Float[Tensor, "{n_fft//2+1} {bins}"]:
    """Triangular weights that turn the magnitudes of an FFT into mel bands, computed in float64, given as float32.

    The flanks are straight lines over mel, not over Hz, every peak is 1 (no area normalisation) and the constant
    component has no weight.

    Args:
        sample_rate: Hz.
        n_fft: length of the FFT.
        bins: number of bands; their centres and outer edges are equally far apart in mel.
        low_hz: lower edge of the first band.
        high_hz: upper edge of the last band.

    Raises:
        ValueError: edges out of order or above half the sample rate, or a band so narrow that no FFT bin lies in it.

    Source: the front end of VGGish (Hershey et al. 2017), which the separated-scenes paper shares. librosa and
        torchaudio draw the same triangles with straight lines over Hz: log-mels then differ by up to 0.01.
    """
    if not 0 <= low_hz < high_hz <= sample_rate / 2:
        raise ValueError(
            f"mel bands from {low_hz:g} to {high_hz:g} Hz do not fit below half the sample rate of {sample_rate} Hz: "
            f"choose 0 <= low_hz < high_hz <= {sample_rate / 2:g}"
        )
    mel = hz_to_mel(np.linspace(0, sample_rate / 2, n_fft // 2 + 1))[:, None]
    edges = np.linspace(float(hz_to_mel(low_hz)), float(hz_to_mel(high_hz)), bins + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0, np.minimum((mel - low) / (centre - low), (high - mel) / (high - centre)))
    weights[0] = 0
    if empty := int((weights.sum(0) == 0).sum()):
        raise ValueError(f"{empty} of {bins} mel bands hold no bin of an FFT of {n_fft}: fewer bands or a longer FFT")
    return torch.from_numpy(weights).to(torch.float32)
