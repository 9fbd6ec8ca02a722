"""The block that CNN14 and the small CNN are built of, and the initialisation that lets it work without batch norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import nn

Norm = Literal["none", "batch"]


class DoubleConvolution(nn.Sequential):
    """Two 3×3 convolutions, each with its norm and ReLU: (n, inputs, freq, frame) -> (n, outputs, freq, frame)."""

    def __init__(self, inputs: int, outputs: int, norm: Norm) -> None:
        super().__init__(Convolution(inputs, outputs, 3, norm), Convolution(outputs, outputs, 3, norm))


class Convolution(nn.Sequential):
    """Convolution, norm, ReLU; `size` is odd and the padding keeps the map's size up to `stride`."""

    def __init__(self, inputs: int, outputs: int, size: int, norm: Norm, stride: int = 1) -> None:
        # a bias in front of batch norm would be subtracted again
        layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=norm == "none")]
        if norm == "batch":
            layers.append(nn.BatchNorm2d(outputs))
        super().__init__(*layers, nn.ReLU(inplace=True))


def he_initialise(module: nn.Module) -> None:
    """He-uniform weights and zero biases for every convolution inside `module`.

    Without batch norm nothing else restores the scale between layers. Through the twelve convolutions of CNN14,
    Xavier-uniform weights leave maps of standard deviation 3e-4; PyTorch's default leaves embeddings that are nearly
    all bias, the same for every input, and a loss of cosines has nothing to start from. He's keep the scale.

    Source: He et al. 2015, eq. 10.
    """
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_uniform_(part.weight, nonlinearity="relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def scaled(widths: Sequence[int], width: float) -> list[int]:
    """Channels per block times `width`, rounded, at least 1.

    Raises:
        ValueError: `width` is not above 0, or there is no block.

    >>> scaled((64, 128, 256), 1 / 16)
    [4, 8, 16]
    """
    if width <= 0 or not widths:
        raise ValueError(
            f"`width` is {width} and the blocks are {list(widths)}: a factor above 0 and a block are needed"
        )
    return [max(1, round(w * width)) for w in widths]
