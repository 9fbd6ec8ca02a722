"""Short-time spectra with frames centred on whole hops, and the way back by overlap and add."""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Complex, Float
from torch import Tensor

from lightning_sepcl.audio.framing import frames

OVERLAP = 4
"""Frames over every sample. Squared Hann windows then add up to a constant, and a quarter of a window is still a hop
that a phase vocoder can follow."""
EDGE = OVERLAP - 1
"""Hops at either end that fewer frames cover."""
LEAST_COVER = 1e-3
"""Where the squared windows add up to less, there is hardly any sound to be divided by them."""


def stft(wave: Float[Tensor, "mic sample"], hop: int) -> Complex[Tensor, "mic frame freq"]:
    """Spectra of frames of four hops under a periodic Hann window, the first centred on the first sample.

    Beyond its ends the wave is silent. There are 1 + samples // hop frames of 2 hop + 1 frequencies.

    Source: the convention of librosa since 0.10, `stft(n_fft=4 * hop, hop_length=hop)`.
    """
    window = OVERLAP * hop
    padded = F.pad(wave, (window // 2, window // 2))
    spectra: Tensor = torch.fft.rfft(frames(padded, window, hop) * hann(window, wave.dtype, wave.device))
    return spectra


def overlap_add(framed: Float[Tensor, "mic frame window"], samples: int) -> Float[Tensor, "mic {samples}"]:
    """The wave whose frames, a quarter of a window apart, resemble `framed` the most: the way back from `stft`.

    Frames are windowed once more, added, and divided by the sum of the squared windows over each sample. What lies
    beyond the last frame is 0.

    Source: Griffin and Lim 1984, eq. 6.
    """
    mics, count, window = framed.shape
    hop = window // OVERLAP
    quarters = framed.reshape(mics, count, OVERLAP, hop)
    synthesis = hann(window, framed.dtype, framed.device).view(OVERLAP, hop)
    out = framed.new_zeros(mics, count + EDGE, hop)
    for quarter in range(OVERLAP):
        out[:, quarter : quarter + count].addcmul_(quarters[:, :, quarter], synthesis[quarter])
    begin, inside, end = _inverse_cover(min(count, OVERLAP), hop, framed.dtype, framed.device)
    out[:, : len(begin)] *= begin
    out[:, len(begin) : count + EDGE - len(end)] *= inside
    out[:, count + EDGE - len(end) :] *= end
    wave = out.view(mics, -1)[:, window // 2 : window // 2 + samples]
    return F.pad(wave, (0, samples - wave.shape[1]))


@lru_cache(maxsize=512)
def hann(samples: int, dtype: torch.dtype, device: torch.device) -> Float[Tensor, " {samples}"]:
    """The periodic Hann window; one tensor for all who ask, not to be changed."""
    # Not an inference tensor, wherever it is asked for first: training may ask next.
    with torch.inference_mode(False):
        return torch.hann_window(samples, dtype=torch.float64).to(device, dtype)


@lru_cache(maxsize=512)
def _inverse_cover(
    count: int, hop: int, dtype: torch.dtype, device: torch.device
) -> tuple[Float[Tensor, "begin {hop}"], float, Float[Tensor, "end {hop}"]]:
    """One over the sum of squared windows: at the beginning, hop by hop, further inside, and at the end.

    `count` frames, four at most: more only lengthen the inside.
    """
    with torch.inference_mode(False):
        squares = hann(OVERLAP * hop, torch.float64, torch.device("cpu")).square().view(OVERLAP, hop)
        cover = torch.zeros(count + EDGE, hop, dtype=torch.float64)
        for quarter in range(OVERLAP):
            cover[quarter : quarter + count] += squares[quarter]
        inverse = cover.clamp(min=LEAST_COVER).reciprocal().to(device, dtype)
        return inverse[:EDGE], 1 / float(squares.sum(0)[0]), inverse[EDGE:][-EDGE:]
