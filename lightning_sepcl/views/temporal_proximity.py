"""Temporal proximity: what sounds at nearly the same time in one recording belongs together."""

from __future__ import annotations

import torch
from jaxtyping import Int64
from torch import Tensor

from lightning_sepcl.views.base import Framed, ViewDraw, ViewMaker, uniform_start
from lightning_sepcl.views.source_choice import SourceChoice, chosen_source


class TemporalProximity(ViewMaker):
    """Random snippets of the same clip, each drawn on its own; they may overlap.

    Args:
        frames: length of a snippet in feature frames (96 frames of 25 ms every 10 ms are 15 600 samples at 16 kHz).
        views: snippets per clip: 2 for a pair, 4 for a pair per task in the joint method, 1 for supervised training.
        sources: which sound each view is taken from; null: always the clip as recorded. Sound and start are drawn
            independently of each other.

    Source: separated scenes, sections 2.2 and 4.2 (0.96 s snippets).
    """

    def __init__(self, frames: int = 96, views: int = 2, sources: SourceChoice | None = None) -> None:
        if frames < 1 or views < 1:
            raise ValueError(f"TemporalProximity: frames and views must be at least 1, found {frames} and {views}")
        self.frames, self.views, self.sources = frames, views, sources

    def prepare(self, feature: Framed, sample_rate: int) -> None:
        """Set the snippet's length to the fewest samples that give `frames` frames."""
        self.crop_samples = feature.num_samples(self.frames)

    def draw(self, length: Int64[Tensor, " batch"], sources: int, generator: torch.Generator) -> ViewDraw:
        """Independent uniform starts."""
        room = (length - self.crop_samples)[:, None].expand(-1, self.views)
        start = uniform_start(room, generator)
        return ViewDraw(chosen_source(self.sources, start, sources, generator), start)
