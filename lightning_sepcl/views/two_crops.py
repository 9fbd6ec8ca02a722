"""Two crops with a least overlap: from the same stretch of a clip to anywhere in it."""

from __future__ import annotations

import torch
from jaxtyping import Int64
from torch import Tensor

from lightning_sepcl.views.base import Framed, ViewDraw, ViewMaker, uniform_start
from lightning_sepcl.views.source_choice import SourceChoice, chosen_source


class TwoCrops(ViewMaker):
    """Two stretches of the same clip that share at least a part of their time.

    With `least_overlap` 1 both views are the same stretch and only augmentation tells them apart: the setting in which
    temporal proximity plays no part (separated scenes, Table 1, "SimCLR + SpecAugment").

    Args:
        seconds: length of a crop.
        least_overlap: part of its time, 0 to 1, that the second crop shares with the first at least.
        sources: which sound each view is taken from; null: always the clip as recorded.
    """

    views = 2

    def __init__(self, seconds: float = 1.0, least_overlap: float = 0.0, sources: SourceChoice | None = None) -> None:
        if seconds <= 0 or not 0 <= least_overlap <= 1:
            raise ValueError(
                f"TwoCrops: seconds must be above 0 and least_overlap within 0..1, found {seconds} and {least_overlap}"
            )
        self.seconds, self.least_overlap, self.sources = seconds, least_overlap, sources

    def prepare(self, feature: Framed, sample_rate: int) -> None:
        """Set the crop's length, rounded up to whole frames so that no frame is cut off."""
        frames = max(1, feature.num_frames(round(self.seconds * sample_rate)))
        self.crop_samples = feature.num_samples(frames)

    def draw(self, length: Int64[Tensor, " batch"], sources: int, generator: torch.Generator) -> ViewDraw:
        """The first start is uniform, the second uniform among those that overlap enough."""
        room = (length - self.crop_samples).clamp(min=0)
        first = uniform_start(room, generator)
        # Without a demand any distance is allowed, with one the crops may be apart by at most this many samples.
        reach = int((1 - self.least_overlap) * self.crop_samples) if self.least_overlap > 0 else int(room.max())
        low, high = (first - reach).clamp(min=0), torch.minimum(first + reach, room)
        start = torch.stack([first, low + uniform_start(high - low, generator)], 1)
        return ViewDraw(chosen_source(self.sources, start, sources, generator), start)
