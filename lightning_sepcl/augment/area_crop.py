"""Random resized crop by area and aspect ratio, as pictures are cropped: a window, stretched to full size."""

from __future__ import annotations

import torch

from lightning_sepcl.augment.base import Params
from lightning_sepcl.augment.laws import in_order, log_uniform, uniform
from lightning_sepcl.augment.random_resized_crop import RandomResizedCrop

TRIES = 10
"""Draws of a window before the whole is taken, as in the published code of Fonseca et al. 2021 and in torchvision."""


class AreaCrop(RandomResizedCrop):
    """A window that lies inside, of a drawn part of the area and a drawn aspect ratio; all channels alike.

    Args:
        area: smallest and largest part of the area.
        ratio: smallest and largest ratio of width to height, 1 being that of the whole; its logarithm is uniform.

    Source: MC-SimCLR, section 4.2; the procedure is that of Fonseca et al. 2021. Differs: there the ratio is one of
        frames to bins, which for 101 by 96 is the same to 5 %.
    """

    def __init__(self, area: tuple[float, float] = (0.8, 1.0), ratio: tuple[float, float] = (0.8, 1.25)) -> None:
        super().__init__()
        self.area, self.ratio = in_order(*area, "AreaCrop, area"), in_order(*ratio, "AreaCrop, ratio")
        if not 0 < area[0] <= area[1] <= 1 or ratio[0] <= 0:
            raise ValueError(f"AreaCrop: area must be within 0..1 and ratio above 0, found {area} and {ratio}")

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """As for `RandomResizedCrop`: the first of ten windows that fit, else the whole."""
        n = shape[0]
        area = uniform(n * TRIES, *self.area, generator)
        ratio = log_uniform(n * TRIES, *self.ratio, generator)
        time, freq = (area * ratio).sqrt().view(n, TRIES), (area / ratio).sqrt().view(n, TRIES)
        fits = (time <= 1) & (freq <= 1)
        first = fits.int().argmax(1, keepdim=True)
        some = fits.any(1)
        return {
            "time_scale": torch.where(some, time.gather(1, first)[:, 0], 1.0),
            "freq_scale": torch.where(some, freq.gather(1, first)[:, 0], 1.0),
            "time_place": torch.rand(n, generator=generator),
            "freq_place": torch.rand(n, generator=generator),
        }
