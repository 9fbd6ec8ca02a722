"""Random resized crop: a window of the features, larger or smaller, stretched back to their size."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.augment.base import Augmentation, Params
from lightning_sepcl.augment.interpolation import interpolate
from lightning_sepcl.augment.laws import in_order, log_uniform


class RandomResizedCrop(Augmentation):
    """Stretches and moves features in time and in frequency, each example its own way, all channels alike.

    A scale is the window's size in parts of the original, its logarithm uniform. A window smaller than 1 lies
    anywhere inside; one larger than 1 has the whole inside it, and the values at the edges go on beyond them.

    Args:
        time_scale: smallest and largest window in time.
        freq_scale: smallest and largest window in frequency; 1.1 lowers the pitch of what is heard.

    Source: the random resized crop of BYOL-A, Niizumi et al. 2021. Differs: linear interpolation, and beyond the edges
        their values instead of zeros, because a loud edge of nothing is a give-away.
    """

    domain = "feature"

    def __init__(
        self,
        time_scale: tuple[float, float] = (0.67, 1.25),
        freq_scale: tuple[float, float] = (0.8, 1.125),
    ) -> None:
        self.time_scale = in_order(*time_scale, "RandomResizedCrop, time_scale")
        self.freq_scale = in_order(*freq_scale, "RandomResizedCrop, freq_scale")
        if min(*time_scale, *freq_scale) <= 0:
            raise ValueError(f"RandomResizedCrop: scales must be above 0, found {time_scale} and {freq_scale}")

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`time_scale`, `freq_scale` (n,), and `time_place`, `freq_place` (n,): 0 is leftmost, 1 rightmost."""
        n = shape[0]
        return {
            "time_scale": log_uniform(n, *self.time_scale, generator),
            "freq_scale": log_uniform(n, *self.freq_scale, generator),
            "time_place": torch.rand(n, generator=generator),
            "freq_place": torch.rand(n, generator=generator),
        }

    def apply(self, x: Float[Tensor, "n channel freq frame"], params: Params) -> Float[Tensor, "n channel freq frame"]:
        """Bilinear: along time, then along frequency."""
        x = interpolate(x, window(params["time_scale"], params["time_place"], x.shape[3]), axis=3)
        return interpolate(x, window(params["freq_scale"], params["freq_place"], x.shape[2]), axis=2)


def window(scale: Float[Tensor, " n"], place: Float[Tensor, " n"], size: int) -> Float[Tensor, "n {size}"]:
    """Where the `size` values of a window are read from, in bins or frames.

    >>> window(torch.tensor([0.5]), torch.tensor([1.0]), size=4)
    tensor([[1.7500, 2.2500, 2.7500, 3.2500]])
    """
    # A value stands for its cell's middle: the window's edges, not its first and last middles, meet the whole's.
    middle = torch.arange(size, device=scale.device) + 0.5
    first_edge = place * (1 - scale) * size
    return first_edge[:, None] + middle * scale[:, None] - 0.5
