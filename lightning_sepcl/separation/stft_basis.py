"""STFT basis: complex coefficients under square-root Hann windows, with the frame grid of the published separators."""

from __future__ import annotations

import torch
from jaxtyping import Complex, Float, Inexact
from torch import Tensor

from lightning_sepcl.separation.basis import Basis, FeatureNormKind


class STFTBasis(Basis):
    """Short-time Fourier transform and its inverse by overlap-add, without parameters.

    The window is the square root of a periodic Hann window; frames are zero-padded at their end to the next power of
    two. The inverse window makes the overlapping products sum to one where all overlapping frames are there. Without
    `zero_beginning` the first window − hop samples lack some: they come back quieter, down to nothing at sample 0,
    and a separator's mixture consistency puts the rest back. (`torch.istft` divides by what is there; it gives
    something else.)

    Typical sizes at 16 kHz: 80 and 40 (5 ms, 65 bins), 512 and 128 (32 ms, 257 bins).

    Args:
        window_samples: samples per frame.
        hop_samples: samples from one frame's start to the next one's, at most the window.
        zero_beginning: window − hop zeros in front of the wave; it then comes back exactly.

    Source: the published code of Wisdom et al. 2020 (`signal_transformer`).
    """

    feature_norm: FeatureNormKind = "mean_and_variance"
    analysis: Tensor
    synthesis: Tensor

    def __init__(self, window_samples: int = 512, hop_samples: int = 128, zero_beginning: bool = False) -> None:
        super().__init__(window_samples, hop_samples, zero_beginning)
        self.fft_samples = 1 << (window_samples - 1).bit_length()
        self.bins = self.fft_samples // 2 + 1
        window = torch.hann_window(window_samples, dtype=torch.float64).sqrt()
        self.register_buffer("analysis", window.float(), persistent=False)
        self.register_buffer("synthesis", synthesis_window(window, hop_samples).float(), persistent=False)

    def reset_parameters(self) -> None:
        """Nothing to draw."""

    def num_frames(self, samples: int) -> int:
        """A frame starts at every hop within the wave: ceil(samples / hop).

        >>> [STFTBasis(512, 128).num_frames(n) for n in (1, 7777, 16000, 160000)]
        [1, 61, 125, 1250]
        """
        return -(-(samples + self.lead) // self.hop_samples)

    def encode(self, wave: Float[Tensor, "*axes sample"]) -> Complex[Tensor, "*axes bin frame"]:
        """Complex coefficients."""
        with torch.autocast(wave.device.type, enabled=False):
            coefficients: Tensor = torch.fft.rfft(self._frames(wave) * self.analysis, self.fft_samples)
            return coefficients.mT

    def magnitude(self, coefficients: Inexact[Tensor, "*axes bin frame"]) -> Float[Tensor, "*axes bin frame"]:
        """|X|; its gradient at X = 0 is 0."""
        return coefficients.abs()

    def decode(
        self, coefficients: Inexact[Tensor, "*axes bin frame"], samples: int
    ) -> Float[Tensor, "*axes {samples}"]:
        """A wave of `samples` samples."""
        with torch.autocast(coefficients.device.type, enabled=False):
            pieces = torch.fft.irfft(coefficients.mT, self.fft_samples)[..., : self.window_samples]
            return self._wave(pieces * self.synthesis, samples)


def synthesis_window(window: Float[Tensor, " window"], hop: int) -> Float[Tensor, " window"]:
    """The window for the way back: `window` over the sum of its own squares, shifted by all multiples of `hop`.

    Source: Griffin and Lim 1984, eq. 6, in its steady state.
    """
    parts = -(-len(window) // hop)
    squares = torch.nn.functional.pad(window.square(), (0, parts * hop - len(window)))
    envelope = squares.reshape(parts, hop).sum(0)
    return window / envelope.repeat(parts)[: len(window)]
