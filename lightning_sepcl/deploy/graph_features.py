"""Features as graphs that other programs run: of convolutions and products alone, for waves of any length."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lightning_sepcl.errors import UserError
from lightning_sepcl.features.base import Feature
from lightning_sepcl.features.log_mel import LogMel
from lightning_sepcl.features.raw import Raw


class GraphLogMel(nn.Module):
    """`LogMel` of one microphone whose spectrum is a convolution with windowed cosines and sines.

    A Fourier transform of real numbers is not among what exporters of graphs agree on; a strided convolution is. The
    filters are computed in float64, so that rounding is that of the products alone.

    Args:
        feature: prepared.
    """

    filters: Tensor
    weights: Tensor

    def __init__(self, feature: LogMel) -> None:
        super().__init__()
        self.hop, self.offset, self.power = feature.hop, feature.offset, feature.power
        window = torch.hann_window(feature.window, dtype=torch.float64)
        used = slice(feature.first_bin, feature.end_bin)
        self.register_buffer("filters", (waves_of(feature.fft_samples, feature.window, used) * window)[:, None].float())
        self.register_buffer("weights", feature.weights.detach().clone())

    def forward(self, wave: Float[Tensor, "n sample"]) -> Float[Tensor, "n 1 freq frame"]:
        """The same as `LogMel`'s, within rounding."""
        real, imaginary = functional.conv1d(wave[:, None], self.filters, stride=self.hop).chunk(2, 1)
        squares = real.square() + imaginary.square()
        strength = squares.sqrt() if self.power == 1 else squares.pow(self.power / 2)
        return (torch.matmul(self.weights, strength) + self.offset).log()[:, None]


class GraphRaw(nn.Module):
    """`Raw` of one microphone."""

    def forward(self, wave: Float[Tensor, "n sample"]) -> Float[Tensor, "n 1 1 sample"]:
        """The wave itself."""
        return wave[:, None, None]


def graph_feature(feature: Feature) -> nn.Module:
    """A feature of one microphone as a graph, waves (n, sample) in.

    Raises:
        UserError: there is no such graph of this feature.
    """
    if isinstance(feature, LogMel) and feature.channels == 1:
        return GraphLogMel(feature)
    if isinstance(feature, Raw) and feature.channels == 1:
        return GraphRaw()
    raise UserError(
        f"{type(feature).__name__} with {feature.channels} channel(s) cannot be exported as a graph, only LogMel and "
        "Raw of one microphone can: export --to safetensors, which takes any"
    )


def waves_of(fft_samples: int, window: int, bins: slice) -> Float[Tensor, "part sample"]:
    """Cosines, then negative sines, of some bins of a Fourier transform over its first `window` samples; float64."""
    numbers = torch.arange(fft_samples // 2 + 1, dtype=torch.float64)[bins]
    angle = 2 * math.pi * numbers[:, None] * torch.arange(window, dtype=torch.float64) / fft_samples
    return torch.cat([angle.cos(), -angle.sin()])
