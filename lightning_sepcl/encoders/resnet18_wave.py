"""ResNet-18 along time alone, on the wave itself: the same network with every kernel laid out in one dimension."""

from __future__ import annotations

from typing import Literal

from lightning_sepcl.encoders.resnet18 import Kernels, ResidualEncoder

KERNELS = {
    "paper": Kernels(stem=(1, 49), block=(1, 9), pool=(1, 9), pool_padding=(0, 4), stride=(1, 2)),
    "code": Kernels(stem=(1, 7), block=(1, 9), pool=(1, 9), pool_padding=(0, 1), stride=(1, 2)),
}
LEAST_SAMPLES = {"paper": 1, "code": 13}
"""With which the pooling of `code`, padded by less than half of its size, finds one place to look at."""


class ResNet18Wave(ResidualEncoder):
    """ResNet-18 in one dimension: kernels of k × k become kernels of k² samples, strides stay.

    For the feature `Raw`, whose channels are microphones and whose frames are samples; of features with several bins
    each bin is read alone, with the same weights.

    Args:
        dim: width D of the embedding. Where the last stage has another width (512 · `width`), a 1×1 convolution
            brings it to `dim`.
        width: factor on the channels of all stages.
        channels: feature channels: microphones.
        variant: `paper`: all kernels squared, so that there are as many weights as in two dimensions; `code`: all but
            the first, which has 7 samples, and the pooling is padded by 1, which takes 3 positions off the maps.

    Source: CLAR, Al-Tahan and Mohsenzadeh 2021, section 3.2.
    """

    def __init__(
        self, dim: int = 512, width: float = 1.0, channels: int = 1, variant: Literal["paper", "code"] = "paper"
    ) -> None:
        super().__init__(dim, width, channels, KERNELS[variant], LEAST_SAMPLES[variant])
