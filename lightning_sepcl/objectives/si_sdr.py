"""How well an estimate matches a source, whatever its loudness, in decibels.

`si_sdr` is the definition; `si_snr` is the same with floors, which keep it within ±80 dB and its gradient finite.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Float64
from torch import Tensor

SMALLEST_ENERGY = 1e-16
"""Waves with less energy count as having this much."""
FLOOR = 1e-8
"""Smallest share of the estimate's energy that signal and error can have: -80 dB."""


def si_sdr(
    estimate: Float[Tensor, "*batch sample"], reference: Float[Tensor, "*batch sample"], *, zero_mean: bool = False
) -> Float[Tensor, "*batch"]:
    """Scale-invariant signal-to-distortion ratio, in dB: 10 log10(‖αr‖² / ‖αr − e‖²) with α = ⟨e, r⟩ / ‖r‖².

    A multiple of the reference gives infinity, a silent or orthogonal estimate minus infinity, a silent reference NaN.

    Args:
        estimate: e, any scale.
        reference: r.
        zero_mean: subtract each wave's mean first, as some suites do. Padding behind a clip then changes the figure.

    Source: J. Le Roux et al., SDR - half-baked or well done?, ICASSP 2019, eq. 5.

    >>> si_sdr(torch.tensor([3.0, 4.0]), torch.tensor([2.0, 0.0]))
    tensor(-2.4988)
    """
    estimate, reference = (_centred(wave, zero_mean) for wave in (estimate, reference))
    scale = _inner(estimate, reference) / _inner(reference, reference)
    signal = scale.unsqueeze(-1) * reference
    ratio = _inner(signal, signal) / (estimate - signal).square().sum(-1)
    silent = (_inner(estimate, estimate) == 0) & (_inner(reference, reference) > 0)
    return 10 * torch.log10(ratio.masked_fill(silent, 0))


def si_snr(
    estimate: Float[Tensor, "*batch sample"], reference: Float[Tensor, "*batch sample"], *, zero_mean: bool = False
) -> Float[Tensor, "*batch"]:
    """SI-SDR between -80 and 80 dB; -80 where the estimate, the reference or both are silent.

    Both waves get energy 1. Then c² of the estimate, c being their cosine, is signal, and the rest is error; 1e-8 is
    added to either.

    Args:
        estimate: any scale.
        reference: any scale.
        zero_mean: subtract each wave's mean first.

    Source: S. Wisdom et al., What's all the FUSS about free universal sound separation data?, ICASSP 2021, and the
    evaluation published with it.
    """
    estimate, reference = (_unit(_centred(wave, zero_mean)) for wave in (estimate, reference))
    cosine = _inner(estimate, reference)
    signal = cosine.square()
    # Where little is left over, 1 - c² would be the difference of two near numbers.
    error = (estimate - cosine.unsqueeze(-1) * reference).square().sum(-1)
    return _ratio_db(signal, torch.where(1 - signal >= 0.01, 1 - signal, error))


def pairwise_si_snr(
    estimate: Float[Tensor, "batch est sample"],
    reference: Float[Tensor, "batch ref sample"],
    *,
    zero_mean: bool = False,
) -> Float64[Tensor, "batch ref est"]:
    """`si_snr` of every estimate against every reference of its clip.

    From inner products alone, in float64: a difference of two near numbers is exact enough there, and no wave is
    made for each pair.
    """
    estimate, reference = (_unit(_centred(wave.double(), zero_mean)) for wave in (estimate, reference))
    signal = torch.einsum("brs,bes->bre", reference, estimate).square()
    left = _inner(estimate, estimate).unsqueeze(1) - signal * (2 - _inner(reference, reference).unsqueeze(2))
    return _ratio_db(signal, torch.where(1 - signal >= 0.01, 1 - signal, left.clamp(min=0)))


def _centred(wave: Tensor, zero_mean: bool) -> Tensor:
    return wave - wave.mean(-1, keepdim=True) if zero_mean else wave


def _unit(wave: Tensor) -> Tensor:
    energy = wave.square().sum(-1, keepdim=True)
    return wave * energy.clamp(min=SMALLEST_ENERGY).rsqrt()


def _inner(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(-1)


def _ratio_db(signal: Tensor, error: Tensor) -> Tensor:
    return 10 * torch.log10((signal + FLOOR) / (error + FLOOR))
