"""The fast engine: every early image, then a draw of the late ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import torch
from jaxtyping import Float
from torch import Tensor

from data_sim.engines.axis_images import log_reflections
from data_sim.engines.base import Engine
from data_sim.engines.delay_filters import HALF, DelayFilters
from data_sim.engines.device import usable_device
from data_sim.engines.exact_images import add_ball, ball, metres
from data_sim.engines.lattice_draw import LatticeDraw, Shell
from data_sim.octaves import together
from data_sim.room import SPEED_OF_SOUND
from data_sim.scene import Scene
from lightning_sepcl.errors import UserError

BATCH = 8  # scenes computed together on a CPU; more fall out of its cache
BEHIND_DIRECT = 0.1  # m; the direct sound is never drawn


def _shape(scene: Scene) -> tuple[int, int, bool, bool]:
    """What scenes that are computed together have in common."""
    microphones = scene.microphones
    return len(microphones), len(scene.sources), microphones.directivity is None, scene.room.has_octaves


class ThinnedImages(Engine):
    """Every image until they come thick, then few that stand for all.

    Args:
        draws_per_sample: late images per sample of the response.
        seam: images are drawn once the room has so many per sample.
        device: where it is computed: "cpu", "cuda" or "cuda:1".

    Differs from the exact engine: docs/data_sim.md tells by how much.
    """

    def __init__(self, draws_per_sample: float = 2.0, seam: float = 8.0, device: str = "cpu") -> None:
        if not (0 < draws_per_sample < math.inf and 0 < seam < math.inf):
            raise UserError("draws_per_sample and seam must be above 0")
        self.draws_per_sample, self.seam, self.device = draws_per_sample, seam, usable_device(device)
        self.early = DelayFilters(phases=1, degree=4, device=self.device)
        self.late = DelayFilters(phases=1, degree=2, device=self.device)
        self.draws: dict[int, LatticeDraw] = {}

    def responses(self, scenes: Sequence[Scene], sample_rate: int, seconds: float | None = None) -> list[Tensor]:
        """See `Engine`; what a scene has alone and among others is equal up to rounding."""
        draw = self.draws.get(sample_rate)
        if draw is None:
            draw = LatticeDraw(self.draws_per_sample * sample_rate / SPEED_OF_SOUND, self.device)
            self.draws[sample_rate] = draw
        found: list[Tensor] = []
        most = BATCH if self.device.type == "cpu" else 8 * BATCH
        for _, alike in groupby(scenes, key=_shape):
            group = list(alike)
            for first in range(0, len(group), most):
                batch = group[first : first + most]
                samples = [scene.samples(sample_rate, seconds) for scene in batch]
                waves = self._waves(batch, samples, sample_rate, draw)
                found += [wave[..., :count].cpu() for wave, count in zip(waves, samples, strict=True)]
        return found

    def _waves(
        self, scenes: list[Scene], samples: list[int], sample_rate: int, draw: LatticeDraw
    ) -> Float[Tensor, "scene source mic sample"]:
        """The responses of scenes that have the same numbers of sources and microphones."""
        sources, microphones = len(scenes[0].sources), len(scenes[0].microphones)
        shell = self._shell(scenes, samples, sample_rate)
        waves = self._late(shell, scenes, max(samples), sample_rate, draw)
        for wave, early in zip(waves, self._early(shell, scenes, max(samples), sample_rate), strict=True):
            wave[:, : early.shape[1]] += early
        return together(waves, sample_rate).view(len(scenes), sources, microphones, -1)

    def _shell(self, scenes: list[Scene], samples: list[int], sample_rate: int) -> Shell:
        """What is drawn: an item per source."""
        count = len(scenes[0].sources)

        def items(values: list[Tensor]) -> Tensor:
            return torch.stack(values).to(self.device, torch.float32).repeat_interleave(count, dim=0)

        volume = torch.tensor([scene.room.volume for scene in scenes])
        thick = torch.sqrt(self.seam * sample_rate * volume / (4 * math.pi * SPEED_OF_SOUND))  # m, density reaches seam
        sources = torch.cat([scene.sources for scene in scenes]).to(self.device, torch.float32)
        centre = items([scene.microphones.centre for scene in scenes])
        outer = items(
            [
                torch.tensor(metres(n + HALF + 1, sample_rate) + s.microphones.reach)
                for n, s in zip(samples, scenes, strict=True)
            ]
        )
        # On the way of a source the seam stays where it is: no source is farther away than the room's diagonal.
        farthest = items([torch.tensor(math.hypot(*scene.room.size)) for scene in scenes])
        moving = items([torch.tensor(float(scene.moving)) for scene in scenes]) > 0
        distance = torch.where(moving, farthest, (sources - centre).norm(dim=1))
        inner = torch.maximum(items(list(thick)), distance + BEHIND_DIRECT)
        bands = [[room.reflections for room in scene.room.bands(sample_rate)] for scene in scenes]
        losses = [log_reflections(torch.tensor(rows)).view(-1, 3, 2) for rows in bands]
        return Shell(
            size=items([torch.tensor(scene.room.size) for scene in scenes]),
            source=sources,
            centre=centre,
            # drawn by what the octave in which a wall reflects best leaves: no image that counts anywhere is rare then
            log_reflections=items([octaves.amax(dim=0) for octaves in losses]),
            inner=torch.minimum(inner, outer),
            outer=outer,
            seeds=[scene.seed * 1_000_003 + (0 if scene.moving else i) for scene in scenes for i in range(count)],
            octaves=tuple(items(list(octave)) for octave in zip(*losses, strict=True)) if len(losses[0]) > 1 else (),
        )

    def _early(
        self, shell: Shell, scenes: list[Scene], samples: int, sample_rate: int
    ) -> list[Float[Tensor, "row early"]]:
        """Every image up to the inner radius, in each band; the rows end when the last of them has sounded."""
        count, sources = len(scenes[0].microphones), len(scenes[0].sources)
        reach = max(scene.microphones.reach for scene in scenes)
        last = math.ceil((float(shell.inner.max()) + reach) * sample_rate / SPEED_OF_SOUND) + 1
        length = min(samples + HALF, last)
        rows = len(shell.seeds) * count
        canvases = [self.early.canvas(rows, length) for _ in scenes[0].room.bands(sample_rate)]
        starts = self.early.row_starts(torch.arange(rows, device=self.device), length).view(-1, count)
        for item, row_starts in enumerate(starts):
            scene = scenes[item // sources]
            bands = scene.room.bands(sample_rate)
            images = ball(scene, item % sources, float(shell.inner[item]), bands, self.device, hard=True)
            add_ball(canvases, self.early, length, row_starts, images, scene.microphones, sample_rate / SPEED_OF_SOUND)
        return [self.early.waveforms(canvas, rows, length, min(samples, length + HALF)) for canvas in canvases]

    def _late(
        self, shell: Shell, scenes: list[Scene], samples: int, sample_rate: int, draw: LatticeDraw
    ) -> list[Float[Tensor, "row sample"]]:
        """The drawn images beyond the inner radius, in each band."""
        count, sources, scale = len(scenes[0].microphones), len(scenes[0].sources), sample_rate / SPEED_OF_SOUND
        length, rows = samples + HALF, len(shell.seeds) * count
        images = draw.images(shell)
        places = torch.stack([scene.microphones.positions for scene in scenes]).to(self.device, torch.float32)
        number = images.item.div(sources, rounding_mode="floor")
        microphones = (places * scale)[number]
        heard = self._directivity(scenes, number)
        delay = torch.zeros(len(images.item), count, images.positions[0].shape[1], device=self.device)
        along = torch.zeros_like(delay) if heard is not None else None
        for axis, position in enumerate(images.positions):
            away = (position * scale)[:, None] - microphones[:, :, axis, None]
            delay.addcmul_(away, away)
            if along is not None and heard is not None:
                along.addcmul_(away, heard[:, :, axis + 1, None])
        delay.sqrt_()
        row = images.item[:, None] * count + torch.arange(count, device=self.device)
        canvases = [self.late.canvas(rows, length) for _ in images.amplitudes]
        starts = self.late.row_starts(row, length)[:, :, None]
        amplitudes = [(left * (scale / (4 * math.pi)))[:, None] / delay for left in images.amplitudes]
        if along is not None and heard is not None:
            gain = along.div_(delay).add_(heard[:, :, :1])
            amplitudes = [amplitude.mul_(gain) for amplitude in amplitudes]
        self.late.add(canvases, length, starts, delay, amplitudes)
        return [self.late.waveforms(canvas, rows, length, samples) for canvas in canvases]

    def _directivity(self, scenes: list[Scene], number: Tensor) -> Float[Tensor, "block mic 4"] | None:
        """Pressure, and the rest along each axis, of the microphones of the scenes that blocks belong to."""
        found = [scene.microphones.directivity for scene in scenes]
        parts = [torch.cat([part.pressure[:, None], part.along], dim=1) for part in found if part is not None]
        return torch.stack(parts).to(self.device, torch.float32)[number] if parts else None
