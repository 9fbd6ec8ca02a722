"""Views that nothing is drawn for, so that a step does not depend on how many processes there are."""

from __future__ import annotations

import torch
from torch import Tensor

from lightning_sepcl.views.base import Framed, ViewDraw, ViewMaker


class FixedViews(ViewMaker):
    """Two views: the beginning of a clip, and as much of it from half a second on.

    Args:
        frames: of the feature in a view.
    """

    def __init__(self, frames: int = 96) -> None:
        self.views, self.frames = 2, frames

    def prepare(self, feature: Framed, sample_rate: int) -> None:
        """Count the samples."""
        self.crop_samples, self.later = feature.num_samples(self.frames), sample_rate // 2

    def draw(self, length: Tensor, sources: int, generator: torch.Generator) -> ViewDraw:
        """The same for every clip, as recorded."""
        start = torch.tensor([0, self.later]).expand(len(length), -1)
        return ViewDraw(torch.zeros_like(start), start)
