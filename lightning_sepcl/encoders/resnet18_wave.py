"""ResNet-18 along time alone, on the wave itself: the same network with every kernel laid out in one dimension."""

from __future__ import annotations

from typing import Literal

from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.encoders.input_check import check_input
from lightning_sepcl.encoders.resnet18 import Kernels, ResidualEncoder

KERNELS = {
    "paper": Kernels(dimensions=1, stem=49, block=9, pool=9, pool_padding=4),
    "code": Kernels(dimensions=1, stem=7, block=9, pool=9, pool_padding=1),
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

    def blocks(self, x: Float[Tensor, "n channel freq frame"]) -> list[Tensor]:
        """The maps of the four stages, (n, width, freq, frame), with strides 4, 8, 16 and 32."""
        check_input(x, "ResNet18Wave", self.channels, least=1, least_frames=self.least_frames)
        n, bins = x.shape[0], x.shape[2]
        track, maps = self.stem(x.transpose(1, 2).flatten(0, 1)), list[Tensor]()
        for stage in self.stages:
            track = stage(track)
            maps.append(track.unflatten(0, (n, bins)).transpose(1, 2))
        return maps
