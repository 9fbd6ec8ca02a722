"""Octave bands: sounds taken apart into bands whose sum is the sound, and put together again."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

OCTAVES_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
"""Centres of the bands in which walls are measured."""

FADE_OCTAVES = 0.5
"""Width of the transition from one band to the next, around the edge half an octave above a centre."""

RINGING_SECONDS = 0.1
"""Room for the ringing of the bands on both sides of a sound: behind it that of the lowest has fallen by 110 dB."""


def audible_octaves(sample_rate: int) -> int:
    """How many of the bands, from the lowest on, begin below half the sample rate.

    >>> audible_octaves(16000), audible_octaves(8000)
    (7, 6)
    """
    return sum(centre / 2 < sample_rate / 2 for centre in OCTAVES_HZ)


def octave_gains(frequency: Float[Tensor, " bin"], bands: int) -> Float[Tensor, "{bands} bin"]:
    """What each of the lowest `bands` bands lets through at some frequencies (Hz): real, and 1 in sum everywhere.

    Around each edge one band fades into the next over half an octave, smoothly, so that it rings shortly; between a
    quarter of an octave below a centre and as much above, the band is alone. The first band reaches down to 0 Hz, the
    last one up to all that is left.
    """
    position = torch.log2(frequency.double().clamp(min=1e-9) / OCTAVES_HZ[0])
    edges = torch.arange(bands - 1, dtype=torch.float64, device=frequency.device)[:, None] + 0.5
    share = ((position - edges) / FADE_OCTAVES + 0.5).clamp(0, 1)
    above = _squared_sine(_squared_sine(share))  # what lies above each edge; twice, as it is flatter at both ends
    whole, nothing = torch.ones_like(position)[None], torch.zeros_like(position)[None]
    return torch.cat([whole, above]) - torch.cat([above, nothing])


def _squared_sine(share: Tensor) -> Tensor:
    return torch.sin(math.pi / 2 * share).square()


def together(bands: Sequence[Float[Tensor, "*rows sample"]], sample_rate: int) -> Float[Tensor, "*rows sample"]:
    """One response from the responses of the bands, each filtered to its band without any delay (zero phase).

    As the filters sum to 1, equal responses give themselves, up to rounding; what is equal in all bands, such as the
    direct sound, has no ringing. What differs rings on both sides within its band's width.
    """
    if len(bands) == 1:
        return bands[0]
    samples = bands[0].shape[-1]
    size = 1 << (samples + 2 * math.ceil(RINGING_SECONDS * sample_rate) - 1).bit_length()
    frequency = torch.fft.rfftfreq(size, 1 / sample_rate, device=bands[0].device)
    gains = octave_gains(frequency, len(bands)).to(bands[0].dtype)
    # The sum as the first band and what the others differ from it: equal bands are added up without any rounding.
    first = bands[0]
    total = sum(torch.fft.rfft(wave - first, size) * gain for wave, gain in zip(bands[1:], gains[1:], strict=True))
    differing: Tensor = torch.fft.irfft(total, size)[..., :samples]
    return first + differing
