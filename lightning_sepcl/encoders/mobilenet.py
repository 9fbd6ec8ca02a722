"""MobileNet for patches of 96 frames and 64 mel bands: the body of YAMNet, its table of layers as configuration."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.encoders.double_convolution import scaled
from lightning_sepcl.encoders.input_check import check_input

STEM = 32
YAMNET = ((1, 64), (2, 128), (1, 128), (2, 256), (1, 256), (2, 512), *(((1, 512),) * 5), (2, 1024), (1, 1024))
"""(stride, channels) of the thirteen separable blocks behind the stem, which has stride 2.

Source: the published YAMNet (tensorflow/models, research/audioset/yamnet), after Howard et al. 2017."""
DEFAULT = [list(block) for block in YAMNET]
EPSILON = 1e-4


class MobileNet(Encoder):
    """A 3×3 convolution, then separable blocks (depthwise 3×3, pointwise 1×1), and the mean over what is left.

    Every convolution is followed by batch norm without gain and a ReLU. With its defaults it has YAMNet's 3 195 456
    weights, and 3 729 481 with a linear classifier of 521 classes.

    Args:
        blocks: [stride, channels] of every separable block; the stem before them has stride 2.
        stem: channels of the first convolution.
        width: factor on the channels of all layers, rounded.
        channels: feature channels.

    Source: Tzinis et al. 2020, section 2.1, which names ten separable layers but not their sizes; the default is the
        public relative. Differs: at even sizes strided convolutions are padded on both sides, not behind alone.
    """

    def __init__(
        self,
        blocks: list[list[int]] = DEFAULT,
        stem: int = STEM,
        width: float = 1.0,
        channels: int = 1,
    ) -> None:
        super().__init__()
        if not blocks or any(len(block) != 2 or block[0] not in (1, 2) or block[1] < 1 for block in blocks):
            raise ValueError(
                f"MobileNet: `blocks` is {[list(block) for block in blocks]}, it must be a list of [stride, channels] "
                "with strides 1 or 2 and at least one channel"
            )
        strides = [stride for stride, _ in blocks]
        widths = scaled([stem, *(wide for _, wide in blocks)], width)
        self.channels, self.dim = channels, widths[-1]
        self.time_stride = 2 ** (1 + strides.count(2))
        self.stem = NormalisedConvolution(channels, widths[0], 3, 2)
        pairs = zip(widths, widths[1:], strides, strict=False)
        self.separable = nn.ModuleList(SeparableBlock(inputs, outputs, stride) for inputs, outputs, stride in pairs)

    def blocks(self, x: Float[Tensor, "n channel freq frame"]) -> list[Tensor]:
        """The last maps at every size, from half of the features' to the smallest."""
        check_input(x, "MobileNet", self.channels, least=1)
        maps: list[Tensor] = [self.stem(x)]
        for block in self.separable:
            assert isinstance(block, SeparableBlock)
            deeper = block(maps[-1])
            maps[len(maps) - (block.stride == 1) :] = [deeper]  # in the place of the one of its size
        return maps

    def frames(self, blocks: list[Tensor]) -> Float[Tensor, "n {self.dim} frame"]:
        """The mean over frequency of the last maps."""
        return blocks[-1].mean(2)

    def pooled(self, blocks: list[Tensor]) -> Float[Tensor, "n {self.dim}"]:
        """The mean over frequency and time of the last maps."""
        return blocks[-1].mean((2, 3))


class NormalisedConvolution(nn.Sequential):
    """Convolution without bias, batch norm with an offset alone, ReLU.

    Source: the published YAMNet, whose batch norms have no gain.
    """

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1) -> None:
        convolution = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
        nn.init.kaiming_uniform_(convolution.weight, nonlinearity="relu")
        norm = nn.BatchNorm2d(outputs, eps=EPSILON)
        norm.register_parameter("weight", None)
        super().__init__(convolution, norm, nn.ReLU(inplace=True))


class SeparableBlock(nn.Sequential):
    """Depthwise 3×3 with the stride, then pointwise 1×1."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(
            NormalisedConvolution(inputs, inputs, 3, stride, groups=inputs), NormalisedConvolution(inputs, outputs, 1)
        )
        self.stride = stride


def layers_from_the_top(encoder: Encoder) -> Sequence[nn.Module]:
    """The layers of any encoder that have weights, the last one first; blocks in a list count one by one."""
    children = [
        part
        for child in encoder.children()
        for part in (child if isinstance(child, nn.ModuleList) else [child])
        if any(True for _ in part.parameters())
    ]
    return children[::-1]
