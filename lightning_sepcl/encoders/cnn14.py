"""CNN14 of PANNs without batch norm, dropout and classifier: the encoder of the separated-scenes paper."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.encoders.double_convolution import DoubleConvolution, Norm, he_initialise, scaled
from lightning_sepcl.encoders.input_check import check_input

WIDTHS = (64, 128, 256, 512, 1024, 2048)  # Kong et al. 2020, table 1
POOLS = 5  # average pooling by 2 after each block but the last


class CNN14(Encoder):
    """Six double convolutions, a 1×1 convolution to `dim` maps without activation, and their maximum.

    Features need at least 32 bins and 32 frames. With 64 and 96, the maximum is taken over
    2 × 3 positions.

    Args:
        dim: width D of the embedding.
        width: factor on the channels of all blocks; 1 is the paper's 76 million weights, 1/8 trains on a CPU.
        channels: feature channels.
        norm: `none` as in the paper, or `batch` as in the original CNN14.

    Source: Kong et al. 2020 (PANNs); the changes are those of separated scenes, section 4.2.
        Differs: nothing is known of the paper's biases and initial weights; ours are in `he_initialise`.
    """

    time_stride = 2**POOLS

    def __init__(self, dim: int = 128, width: float = 1.0, channels: int = 1, norm: Norm = "none") -> None:
        super().__init__()
        self.dim, self.channels = dim, channels
        widths = scaled(WIDTHS, width)
        pairs = zip([channels, *widths], widths, strict=False)
        self.convolutions = nn.ModuleList(DoubleConvolution(inputs, outputs, norm) for inputs, outputs in pairs)
        self.embedding = nn.Conv2d(widths[-1], dim, 1)
        he_initialise(self)

    def blocks(self, x: Float[Tensor, "n channel freq frame"]) -> list[Tensor]:
        """The six maps before pooling; block b, from 0, is (n, 64 · 2^b · width, freq / 2^b, frame / 2^b)."""
        check_input(x, "CNN14", self.channels, least=self.time_stride)
        maps: list[Tensor] = []
        for block in self.convolutions:
            x = block(functional.avg_pool2d(maps[-1], 2) if maps else x)
            maps.append(x)
        return maps

    def frames(self, blocks: list[Tensor]) -> Float[Tensor, "n {self.dim} frame"]:
        """The maximum over frequency of the embedding maps."""
        maps: Tensor = self.embedding(blocks[-1])
        return maps.amax(2)
