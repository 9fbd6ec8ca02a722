"""CRNN: three convolutions that pool frequency and time, then a recurrent layer that reads the frames both ways."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.encoders.double_convolution import Convolution, scaled
from lightning_sepcl.encoders.input_check import check_input


class CRNN(Encoder):
    """5×5 convolutions with batch norm, ReLU and maximum pooling, a bidirectional GRU, and its two final states as h.

    Features need `bins` bins, which the poolings divide, rounding down, and as many frames as leave one behind them.

    Args:
        dim: width D of the embedding, half of it from each direction.
        widths: channels of each convolution.
        pooling: bins and frames that are pooled into one behind each convolution.
        channels: feature channels: 10 for four microphones with log-mel and GCC.
        bins: size of the frequency axis.
        width: factor on all `widths`.

    Source: MC-SimCLR, section 4.2 (128 numbers), which names the CRNN of Fonseca et al. 2021 (convolutions, poolings,
        64 units each way). Differs from the latter: the states are put side by side instead of multiplied, which gives
        the 128, and the backward one is that which has read all frames.
    """

    def __init__(
        self,
        dim: int = 128,
        widths: Sequence[int] = (128, 128, 128),
        pooling: Sequence[tuple[int, int]] = ((5, 2), (4, 2), (2, 2)),
        channels: int = 10,
        bins: int = 96,
        width: float = 1.0,
    ) -> None:
        super().__init__()
        if dim < 2 or dim % 2:
            raise ValueError(f"CRNN: `dim` is {dim}, it must be even: half of it comes from each direction")
        if len(widths) != len(pooling):
            raise ValueError(f"CRNN: {len(widths)} `widths` want as many `pooling`s, found {len(pooling)}")
        self.dim, self.channels, self.bins = dim, channels, bins
        self.pooling = [(int(freq), int(time)) for freq, time in pooling]
        outputs, left, self.time_stride = scaled(widths, width), bins, 1
        for freq, time in self.pooling:
            left, self.time_stride = left // freq, self.time_stride * time
        if left < 1:
            raise ValueError(
                f"CRNN: nothing is left of {bins} bins after {self.pooling}: give fewer or smaller poolings"
            )
        pairs = zip([channels, *outputs], outputs, strict=False)
        self.convolutions = nn.ModuleList(Convolution(a, b, 5, "batch") for a, b in pairs)
        self.recurrent = nn.GRU(outputs[-1] * left, dim // 2, batch_first=True, bidirectional=True)

    def blocks(self, x: Float[Tensor, "n channel freq frame"]) -> list[Tensor]:
        """The maps before pooling.

        Raises:
            ValueError: another number of channels or bins, or too few frames.
        """
        check_input(x, "CRNN", self.channels, 1)
        if x.shape[2] != self.bins or x.shape[3] < self.time_stride:
            raise ValueError(
                f"CRNN is made for {self.bins} bins and {self.time_stride} frames or more, these features have "
                f"{x.shape[2]} and {x.shape[3]}: set its `bins` to what the feature makes, or take longer crops"
            )
        maps = list[Tensor]()
        for convolution in self.convolutions:
            x = convolution(functional.max_pool2d(maps[-1], self.pooling[len(maps) - 1]) if maps else x)
            maps.append(x)
        return maps

    def frames(self, blocks: list[Tensor]) -> Float[Tensor, "n {self.dim} frame"]:
        """The states of both directions at each frame."""
        x = functional.max_pool2d(blocks[-1], self.pooling[-1])
        states: Tensor = self.recurrent(x.flatten(1, 2).transpose(1, 2).contiguous())[0]
        return states.transpose(1, 2)

    def pooled(self, blocks: list[Tensor]) -> Float[Tensor, "n {self.dim}"]:
        """Each direction's state once it has read all frames: the forward one last, the backward one first."""
        forward, backward = self.frames(blocks).chunk(2, dim=1)
        return torch.cat([forward[:, :, -1], backward[:, :, 0]], 1)
