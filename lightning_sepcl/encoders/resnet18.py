"""ResNet-18 over time and frequency, with its usual stem and without its classifier."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.encoders.double_convolution import scaled
from lightning_sepcl.encoders.input_check import check_input

WIDTHS = (64, 128, 256, 512)  # He et al. 2016, table 1, the 18-layer column

Size = tuple[int, int]
"""(freq, frame)."""


@dataclass(frozen=True, slots=True)
class Kernels:
    """Sizes of all convolutions and of the pooling, in bins and frames; every one is padded to keep its map's size.

    Attributes:
        stem: of the first convolution.
        block: of all convolutions inside the residual blocks.
        pool: of the max pooling behind the stem.
        pool_padding: on either side of the pooling.
        stride: wherever the maps shrink.
    """

    stem: Size = (7, 7)
    block: Size = (3, 3)
    pool: Size = (3, 3)
    pool_padding: Size = (1, 1)
    stride: Size = (2, 2)


class ResidualEncoder(Encoder):
    """A stem with max pooling, four stages of two residual blocks, and the mean over time and frequency.

    Args:
        dim: width D of the embedding.
        width: factor on the channels of all stages.
        channels: feature channels.
        kernels: of all layers.
        least_frames: the fewest frames that the pooling of `kernels` can take.
    """

    time_stride = 32

    def __init__(self, dim: int, width: float, channels: int, kernels: Kernels, least_frames: int = 1) -> None:
        super().__init__()
        self.dim, self.channels, self.least_frames = dim, channels, least_frames
        widths = scaled(WIDTHS, width)
        self.stem = nn.Sequential(
            nn.Conv2d(channels, widths[0], kernels.stem, kernels.stride, _half(kernels.stem), bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernels.pool, kernels.stride, kernels.pool_padding),
        )
        strides = ((1, 1), kernels.stride, kernels.stride, kernels.stride)
        pairs = zip([widths[0], *widths], widths, strides, strict=False)
        self.stages = nn.ModuleList(
            nn.Sequential(
                ResidualBlock(inputs, outputs, stride, kernels.block),
                ResidualBlock(outputs, outputs, size=kernels.block),
            )
            for inputs, outputs, stride in pairs
        )
        self.projection = nn.Identity() if widths[-1] == dim else nn.Conv2d(widths[-1], dim, 1)
        self._initialise()

    def blocks(self, x: Float[Tensor, "n channel freq frame"]) -> list[Tensor]:
        """The maps of the four stages, with strides 4, 8, 16 and 32; nothing is pooled between them."""
        check_input(x, type(self).__name__, self.channels, least=1, least_frames=self.least_frames)
        x, maps = self.stem(x), list[Tensor]()
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps

    def frames(self, blocks: list[Tensor]) -> Float[Tensor, "n {self.dim} frame"]:
        """The mean over frequency of the last stage's maps."""
        maps: Tensor = self.projection(blocks[-1])
        return maps.mean(2)

    def pooled(self, blocks: list[Tensor]) -> Float[Tensor, "n {self.dim}"]:
        """Clip embedding h: the frame embeddings' mean over time, so that all positions weigh the same."""
        return self.frames(blocks).mean(-1)

    def _initialise(self) -> None:
        for part in self.modules():
            if isinstance(part, nn.Conv2d):
                nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
                if part.bias is not None:
                    nn.init.zeros_(part.bias)


class ResNet18(ResidualEncoder):
    """A 7×7 stem with max pooling, four stages of two residual blocks, and the mean over time and frequency.

    Args:
        dim: width D of the embedding. Where the last stage has another width (512 · `width`), a 1×1 convolution
            brings it to `dim`.
        width: factor on the channels of all stages.
        channels: feature channels.

    Source: He et al. 2016; on spectrograms: CLAR, section 3.2.
    """

    def __init__(self, dim: int = 512, width: float = 1.0, channels: int = 1) -> None:
        super().__init__(dim, width, channels, Kernels())


class ResidualBlock(nn.Module):
    """Two convolutions with batch norm around which the input is carried: (n, inputs, ...) -> (n, outputs, ...).

    Where size or width change, the carried input goes through a strided 1×1 convolution with batch norm.
    """

    def __init__(self, inputs: int, outputs: int, stride: Size = (1, 1), size: Size = (3, 3)) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, size, stride, _half(size), bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, size, padding=_half(size), bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.carry: nn.Module = nn.Identity()
        if stride != (1, 1) or inputs != outputs:
            self.carry = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """What the convolutions add to the carried input, rectified."""
        added = functional.relu(self.first_norm(self.first(x)), inplace=True)
        return functional.relu(self.second_norm(self.second(added)) + self.carry(x), inplace=True)


def _half(size: Size) -> Size:
    return size[0] // 2, size[1] // 2
