"""The exact engine: every image of every source up to the end of the response."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from data_sim.engines.base import Engine
from data_sim.engines.delay_filters import HALF, DelayFilters
from data_sim.engines.device import usable_device
from data_sim.engines.exact_images import add_ball, ball, metres
from data_sim.octaves import together
from data_sim.room import SPEED_OF_SOUND
from data_sim.scene import Scene

PHASES, DEGREE = 4, 2  # the quickest of three banks of equal error, 5.8e-4


class ImageSources(Engine):
    """Every image up to the last sample, walls with six different absorptions, in octaves too.

    Args:
        device: where it is computed: "cpu", "cuda" or "cuda:1".

    Source: Allen & Berkley 1979, "Image method for efficiently simulating small-room acoustics". Differs: images lie
    between samples (windowed sinc), as in Peterson 1986.
    """

    def __init__(self, device: str = "cpu") -> None:
        self.device = usable_device(device)
        self.filters = DelayFilters(PHASES, DEGREE, self.device)

    def responses(self, scenes: Sequence[Scene], sample_rate: int, seconds: float | None = None) -> list[Tensor]:
        """See `Engine`."""
        return [self._response(scene, sample_rate, scene.samples(sample_rate, seconds)) for scene in scenes]

    def _response(self, scene: Scene, sample_rate: int, samples: int) -> Float[Tensor, "source mic sample"]:
        count = len(scene.microphones)
        length = samples + HALF  # what arrives a little later still reaches back by half a filter
        rows = len(scene.sources) * count
        bands = scene.room.bands(sample_rate)
        canvases = [self.filters.canvas(rows, length) for _ in bands]
        starts = self.filters.row_starts(torch.arange(rows, device=self.device), length).view(-1, count)
        radius = metres(length + 1, sample_rate) + scene.microphones.reach
        for source, row_starts in enumerate(starts):
            images = ball(scene, source, radius, bands, self.device)
            add_ball(
                canvases, self.filters, length, row_starts, images, scene.microphones, sample_rate / SPEED_OF_SOUND
            )
        waves = together([self.filters.waveforms(c, rows, length, samples) for c in canvases], sample_rate)
        return waves.view(-1, count, samples).cpu()
