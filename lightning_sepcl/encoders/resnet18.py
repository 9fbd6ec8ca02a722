"""ResNet-18 over time and frequency, with its usual stem and without its classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.encoders.double_convolution import scaled
from lightning_sepcl.encoders.input_check import check_input

WIDTHS = (64, 128, 256, 512)  # He et al. 2016, table 1, the 18-layer column


@dataclass(frozen=True, slots=True)
class Kernels:
    """Sizes of the layers, along each axis; convolutions are padded to keep their map's size.

    Attributes:
        dimensions: 1 along time, 2 along frequency and time.
        stem: of the first convolution.
        block: of all convolutions inside the residual blocks.
        pool: of the max pooling behind the stem.
        pool_padding: on either side of the pooling.
    """

    dimensions: Literal[1, 2] = 2
    stem: int = 7
    block: int = 3
    pool: int = 3
    pool_padding: int = 1

    def convolution(self, inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Module:
        """A convolution without bias."""
        kind = nn.Conv2d if self.dimensions == 2 else nn.Conv1d
        return kind(inputs, outputs, size, stride, size // 2, bias=False)

    def norm(self, channels: int) -> nn.Module:
        """Batch norm."""
        return nn.BatchNorm2d(channels) if self.dimensions == 2 else nn.BatchNorm1d(channels)

    def pooling(self) -> nn.Module:
        """The max pooling."""
        kind = nn.MaxPool2d if self.dimensions == 2 else nn.MaxPool1d
        return kind(self.pool, stride=2, padding=self.pool_padding)


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
            kernels.convolution(channels, widths[0], kernels.stem, stride=2),
            kernels.norm(widths[0]),
            nn.ReLU(inplace=True),
            kernels.pooling(),
        )
        pairs = zip([widths[0], *widths], widths, (1, 2, 2, 2), strict=False)
        self.stages = nn.ModuleList(
            nn.Sequential(ResidualBlock(inputs, outputs, kernels, stride), ResidualBlock(outputs, outputs, kernels))
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
            if isinstance(part, nn.Conv1d | nn.Conv2d):
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

    def __init__(self, inputs: int, outputs: int, kernels: Kernels, stride: int = 1) -> None:
        super().__init__()
        self.first = kernels.convolution(inputs, outputs, kernels.block, stride)
        self.first_norm = kernels.norm(outputs)
        self.second = kernels.convolution(outputs, outputs, kernels.block)
        self.second_norm = kernels.norm(outputs)
        self.carry: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.carry = nn.Sequential(kernels.convolution(inputs, outputs, 1, stride), kernels.norm(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """What the convolutions add to the carried input, rectified."""
        added = functional.relu(self.first_norm(self.first(x)), inplace=True)
        return functional.relu(self.second_norm(self.second(added)) + self.carry(x), inplace=True)
