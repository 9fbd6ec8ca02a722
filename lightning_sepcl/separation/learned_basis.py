"""Learned basis: short windows, a matrix and a ReLU into coefficients, another matrix back."""

from __future__ import annotations

import torch
from jaxtyping import Float, Inexact
from torch import Tensor, nn

from lightning_sepcl.separation.basis import Basis, FeatureNormKind
from lightning_sepcl.separation.dense import weigh


class LearnedBasis(Basis):
    """coefficients = ReLU(encoder · frame), frame = decoderᵀ · coefficients; no bias, no window, plain overlap-add.

    The defaults are 2.5 ms windows every 1.25 ms at 16 kHz.

    Args:
        coefficients: coefficients per frame.
        window_samples: samples per frame.
        hop_samples: samples from one frame's start to the next one's, at most the window.
        zero_beginning: window − hop zeros in front of the wave.

    Source: Kavalerov et al. 2019; defaults and frame count of the published separator of MixIT
        (Wisdom et al. 2020). Differs: a wave shorter than a window gives one frame, there it is an error.
    """

    feature_norm: FeatureNormKind = "none"

    def __init__(
        self,
        coefficients: int = 256,
        window_samples: int = 40,
        hop_samples: int = 20,
        zero_beginning: bool = False,
    ) -> None:
        super().__init__(window_samples, hop_samples, zero_beginning)
        self.bins = coefficients
        self.encoder = nn.Parameter(torch.empty(coefficients, window_samples))
        self.decoder = nn.Parameter(torch.empty(coefficients, window_samples))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Glorot-uniform matrices."""
        nn.init.xavier_uniform_(self.encoder)
        nn.init.xavier_uniform_(self.decoder)

    def num_frames(self, samples: int) -> int:
        """As few as cover the wave: 1 + ceil((samples − window) / hop), at least 1.

        >>> [LearnedBasis().num_frames(n) for n in (1, 40, 41, 16000, 160000)]
        [1, 1, 2, 799, 7999]
        """
        return 1 + max(0, -(-(samples + self.lead - self.window_samples) // self.hop_samples))

    def encode(self, wave: Float[Tensor, "*axes sample"]) -> Float[Tensor, "*axes bin frame"]:
        """Real coefficients, none below 0."""
        with torch.autocast(wave.device.type, enabled=False):
            pieces = self._frames(wave)
            rows = pieces.reshape(-1, *pieces.shape[-2:])
            return weigh(self.encoder, rows.mT).relu_().reshape(*wave.shape[:-1], self.bins, -1)

    def magnitude(self, coefficients: Inexact[Tensor, "*axes bin frame"]) -> Float[Tensor, "*axes bin frame"]:
        """The coefficients themselves."""
        return coefficients

    def decode(
        self, coefficients: Inexact[Tensor, "*axes bin frame"], samples: int
    ) -> Float[Tensor, "*axes {samples}"]:
        """A wave of `samples` samples."""
        with torch.autocast(coefficients.device.type, enabled=False):
            axes = coefficients.shape[:-2]
            rows = coefficients.reshape(-1, *coefficients.shape[-2:])
            pieces = torch.bmm(rows.mT, self.decoder.expand(len(rows), -1, -1))
            return self._wave(pieces.reshape(*axes, *pieces.shape[-2:]), samples)
