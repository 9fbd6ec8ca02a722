"""Normalisation of a basis' magnitudes before the network, so that the level of a recording counts less."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lightning_sepcl.separation.basis import FeatureNormKind
from lightning_sepcl.separation.norm import standardised

POWER, FLOOR = 0.3, 1e-3  # of `compress_and_max`, as in the published code


class FeatureNorm(nn.Module):
    """Magnitudes (batch, signal, bin, frame), normalised over all signals, bins and frames of an example together.

    Args:
        kind: `none`: as they are; `mean_and_variance`: mean 0 and variance 1; `compress_and_max`: to the power 0.3,
            then divided by their maximum; `scale_and_bias`: nothing but what follows. All but `none` end with one
            learned gain and one learned shift.

    Source: the published code of Wisdom et al. 2020 and of Tzinis et al. 2020.
    """

    def __init__(self, kind: FeatureNormKind) -> None:
        super().__init__()
        self.kind: FeatureNormKind = kind
        self.gain = None if kind == "none" else nn.Parameter(torch.tensor(1.0))
        self.shift = None if kind == "none" else nn.Parameter(torch.tensor(0.0))

    def forward(self, magnitude: Float[Tensor, "batch signal bin frame"]) -> Float[Tensor, "batch signal bin frame"]:
        """Same shape."""
        if self.gain is None or self.shift is None:
            return magnitude
        return self._normalised(magnitude) * self.gain + self.shift

    def _normalised(self, x: Float[Tensor, "batch signal bin frame"]) -> Float[Tensor, "batch signal bin frame"]:
        if self.kind == "mean_and_variance":
            return standardised(x, (1, 2, 3))
        if self.kind == "compress_and_max":
            silent = x == 0  # the power's slope there is infinite; times a slope of 0 behind it, that would be NaN
            compressed = torch.where(silent, 1, x).pow(POWER).masked_fill(silent, 0)
            return compressed / (FLOOR + compressed.amax((1, 2, 3), keepdim=True))
        return x

    def extra_repr(self) -> str:
        """What is shown of it in a model summary."""
        return f"kind={self.kind}"
