"""Generalised cross-correlation with phase transform: which of two microphones hears first, and by how much.

Signs: the correlation of the pair (i, j) is the inverse transform of X_i conj(X_j). Its peak lies at the time at which
microphone i hears, minus that of j: at a positive lag where the FIRST of the pair hears later.
"""

from __future__ import annotations

from itertools import combinations

import torch
from jaxtyping import Complex, Float
from torch import Tensor

SILENT = 1e-16
"""Added to the power of a frequency, so that silence agrees with nothing: at a magnitude of 1e-8 half is left."""


def microphone_pairs(microphones: int) -> list[tuple[int, int]]:
    """All pairs, the smaller number first, in order.

    >>> microphone_pairs(3)
    [(0, 1), (0, 2), (1, 2)]
    """
    return list(combinations(range(microphones), 2))


def phases(
    spectrum: Complex[Tensor, "*axes freq"], power: Float[Tensor, "*axes freq"]
) -> Complex[Tensor, "*axes freq"]:
    """The spectrum at magnitude 1; 0 in silence.

    Args:
        spectrum: of any scale.
        power: its squared magnitude, which callers have already.
    """
    return torch.view_as_complex(torch.view_as_real(spectrum) * torch.rsqrt(power + SILENT)[..., None])


def correlations(
    unit: Complex[Tensor, "*batch mic frame freq"], n_fft: int, lags: int
) -> Float[Tensor, "*batch pair frame {lags}"]:
    """GCC-PHAT of every pair at the lags -lags // 2 .. (lags - 1) // 2, the middle bin `lags // 2` being 0.

    Args:
        unit: what `phases` gives, of the microphones' spectra.
        n_fft: length of the transform they come from.
        lags: how many are kept, at most `n_fft`.

    Source: Knapp and Carter 1976; MC-SimCLR, eq. 1. DCASE's baselines have conj(X_i) X_j, whose lags are reversed.
    """
    conjugate = unit.conj().resolve_conj()
    microphones, parts = unit.shape[-3], []
    for first in range(microphones - 1):  # grouped by the first microphone: no copies of spectra for pairs
        products = unit[..., first : first + 1, :, :] * conjugate[..., first + 1 :, :, :]
        wave: Tensor = torch.fft.irfft(products, n_fft)
        parts.append(torch.cat([wave[..., n_fft - lags // 2 :], wave[..., : lags - lags // 2]], -1))
    return torch.cat(parts, -3)
