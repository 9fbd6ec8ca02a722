"""A small convolutional encoder that learns within minutes on a CPU: that of the demo."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.encoders.double_convolution import Convolution, DoubleConvolution, Norm, he_initialise, scaled
from lightning_sepcl.encoders.input_check import check_input


class SmallCNN(Encoder):
    """A strided 7×7 stem, double 3×3 convolutions with average pooling by 2, a 1×1 convolution and its maximum.

    The stem's stride is what makes it cheap: everything behind works on a sixteenth of the positions. Features need
    at least `stem_stride * (2^blocks - 1) + 1` bins and frames, 61 of each with the defaults.

    Args:
        dim: width D of the embedding.
        widths: channels of each block; the stem has those of the first.
        stem_stride: of the first convolution, in bins and in frames.
        channels: feature channels.
        norm: `batch`, with which it learns in fewer steps, or `none`.
        width: factor on all `widths`.
        light_start: one convolution in the first block instead of two: about a fifth less time per step.

    Source: ours. The blocks and the embedding are CNN14's (Kong et al. 2020; separated scenes, section 4.2).
    """

    def __init__(
        self,
        dim: int = 128,
        widths: Sequence[int] = (32, 64, 128, 256),
        stem_stride: int = 4,
        channels: int = 1,
        norm: Norm = "batch",
        width: float = 1.0,
        light_start: bool = False,
    ) -> None:
        super().__init__()
        if stem_stride < 1:
            raise ValueError(f"SmallCNN: `stem_stride` is {stem_stride}, it must be at least 1")
        self.dim, self.channels = dim, channels
        outputs = scaled(widths, width)
        self.time_stride = stem_stride * 2 ** len(outputs)
        self.least = stem_stride * (2 ** len(outputs) - 1) + 1
        self.stem = Convolution(channels, outputs[0], 7, norm, stem_stride)
        pairs = zip([outputs[0], *outputs], outputs, strict=False)
        self.convolutions = nn.ModuleList(DoubleConvolution(a, b, norm) for a, b in pairs)
        if light_start:
            self.convolutions[0] = Convolution(outputs[0], outputs[0], 3, norm)
        self.embedding = nn.Conv2d(outputs[-1], dim, 1)
        he_initialise(self)

    def blocks(self, x: Float[Tensor, "n channel freq frame"]) -> list[Tensor]:
        """The maps before pooling; block b, from 0, has widths[b] maps and a stride of `stem_stride * 2^b`."""
        check_input(x, "SmallCNN", self.channels, self.least)
        x, maps = self.stem(x), list[Tensor]()
        for block in self.convolutions:
            x = block(functional.avg_pool2d(maps[-1], 2) if maps else x)
            maps.append(x)
        return maps

    def frames(self, blocks: list[Tensor]) -> Float[Tensor, "n {self.dim} frame"]:
        """The last map pooled, brought to `dim`, and its maximum over frequency."""
        maps: Tensor = self.embedding(functional.avg_pool2d(blocks[-1], 2))
        return maps.amax(2)
