"""Every image of one source within a ball, put on a canvas chunk by chunk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from data_sim.engines.axis_images import axis_images, log_reflections
from data_sim.engines.delay_filters import DelayFilters
from data_sim.microphones import Microphones
from data_sim.room import SPEED_OF_SOUND, Room
from data_sim.scene import Scene

CHUNK_CPU = 16384  # images at once; with four microphones what a chunk needs stays in the cache
CHUNK_GPU = 1 << 21


@dataclass(frozen=True, slots=True)
class Ball:
    """The images of a source no farther than `radius` from the centre of the array.

    Attributes:
        positions: m, along each of the three axes.
        log_gains: natural logarithm of the amplitude that the walls of an axis leave, a row per band of the room.
        centre: of the array, m.
        radius: m.
        hard: images that a chunk holds beyond the radius are silenced; else they may sound, as whoever asks for a
            ball that covers all samples does not mind later ones.
    """

    positions: list[Float[Tensor, " _"]]
    log_gains: list[Float[Tensor, "band _"]]
    centre: Float[Tensor, " 3"]
    radius: float
    hard: bool = False


def ball(
    scene: Scene, source: int, radius: float, bands: Sequence[Room], device: torch.device, *, hard: bool = False
) -> Ball:
    """The ball of a scene's source, heard in the bands of its room."""
    centre = scene.microphones.centre.double()
    reflections = torch.tensor([band.reflections for band in bands], dtype=torch.float64)
    losses = log_reflections(reflections).view(-1, 3, 2)
    positions, log_gains = [], []
    for axis, side in enumerate(scene.room.size):
        place = scene.sources[source, axis].double().expand(len(bands))
        size = torch.tensor(side, dtype=torch.float64).expand(len(bands))
        position, log_gain = axis_images(size, place, losses[:, axis], math.ceil(radius / side) + 2)
        positions.append(position[0].to(device, torch.float32))
        log_gains.append(log_gain.to(device, torch.float32))
    return Ball(positions, log_gains, centre.to(device, torch.float32), radius, hard)


def add_ball(
    canvases: Sequence[Tensor],
    filters: DelayFilters,
    length: int,
    row_starts: Int[Tensor, " mic"],
    images: Ball,
    microphones: Microphones,
    samples_per_metre: float,
) -> None:
    """Puts the images of a ball on canvases, one for each band, a row per microphone.

    Columns of the lattice (cells in x and y) come in the order of their distance, and so do the cells in z: then the
    images of some neighbouring columns are a plain sum of a column and the nearest cells in z, without any lookup.
    """
    columns = _Columns.of(images, microphones, samples_per_metre)
    chunk = CHUNK_GPU if canvases[0].is_cuda else CHUNK_CPU
    starts, heights = row_starts[:, None, None], columns.heights.tolist()
    first = 0
    while first < len(heights) and heights[first]:
        high = heights[first]
        last = min(len(heights), first + max(1, chunk // high))
        delay = (columns.flat[:, first:last, None] + columns.upright[:, None, :high]).sqrt_()
        amplitudes = columns.amplitudes(slice(first, last), high, delay, images.radius if images.hard else None)
        filters.add(canvases, length, starts, delay, amplitudes)
        first = last


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What microphones of first order make of the images, from their places along the microphones' fronts."""

    pressure: Float[Tensor, "mic 1 1"]
    flat: Float[Tensor, "mic column"]  # samples, times the share that is not pressure
    upright: Float[Tensor, "mic cell"]

    def gains(self, columns: slice, high: int, delay: Float[Tensor, "mic chunk high"]) -> Tensor:
        """Of the nearest `high` cells of some columns; `delay` is their distance in samples."""
        along = self.flat[:, columns, None] + self.upright[:, None, :high]
        return along.div_(delay).add_(self.pressure)


@dataclass(frozen=True, slots=True)
class _Columns:
    """A ball in columns: `flat` belongs to a column (x and y), `upright` to a cell in z."""

    flat: Float[Tensor, "mic column"]  # squared distance from each microphone, samples²
    upright: Float[Tensor, "mic cell"]
    flat_square: Float[Tensor, " column"]  # squared distance from the centre, m²
    upright_square: Float[Tensor, " cell"]
    flat_gain: Float[Tensor, "band column"]  # over 4 pi, times samples per metre: over the delay it is an amplitude
    upright_gain: Float[Tensor, "band cell"]
    heights: Int[Tensor, " column"]  # how many of the nearest cells in z lie within the ball
    pattern: _Pattern | None

    @classmethod
    def of(cls, images: Ball, microphones: Microphones, samples_per_metre: float) -> _Columns:
        """The columns that touch the ball, nearest first."""
        x, y, z = images.positions
        square_x, square_y, square_z = ((p - c).square() for p, c in zip((x, y, z), images.centre, strict=True))
        limit = images.radius**2
        squares = square_x[:, None] + square_y
        ix, iy = torch.nonzero(squares <= limit, as_tuple=True)
        flat_square, order = squares[ix, iy].sort()
        ix, iy = ix[order], iy[order]
        upright_square, iz = square_z.sort()
        heights = torch.searchsorted(upright_square, (limit - flat_square).clamp_(min=0), right=True)
        places = microphones.positions.to(flat_square.device, torch.float32)
        away = [(p - places[:, axis, None]) * samples_per_metre for axis, p in enumerate(images.positions)]
        pattern = None
        if microphones.directivity is not None:
            heard = microphones.directivity.to(flat_square.device)
            along = [distance * heard.along[:, axis, None] for axis, distance in enumerate(away)]
            pattern = _Pattern(heard.pressure[:, None, None], along[0][:, ix] + along[1][:, iy], along[2][:, iz])
        square = [distance.square() for distance in away]
        log_x, log_y, log_z = images.log_gains
        return cls(
            flat=square[0][:, ix] + square[1][:, iy],
            upright=square[2][:, iz].contiguous(),
            flat_square=flat_square,
            upright_square=upright_square,
            flat_gain=torch.exp(log_x[:, ix] + log_y[:, iy]) * (samples_per_metre / (4 * math.pi)),
            upright_gain=torch.exp(log_z[:, iz]),
            heights=heights,
            pattern=pattern,
        )

    def amplitudes(
        self, columns: slice, high: int, delay: Float[Tensor, "mic chunk high"], radius: float | None
    ) -> list[Float[Tensor, "mic chunk high"]]:
        """In each band, of the nearest `high` cells of some columns; 0 beyond the radius, unless it is None."""
        inside = heard = None
        if radius is not None:
            inside = self.flat_square[columns, None] + self.upright_square[:high] <= radius**2
        if self.pattern is not None:
            heard = self.pattern.gains(columns, high, delay)
        found = []
        for flat, upright in zip(self.flat_gain, self.upright_gain, strict=True):
            gain = flat[columns, None] * upright[:high]
            amplitude = (gain if inside is None else gain * inside) / delay
            found.append(amplitude if heard is None else amplitude.mul_(heard))
        return found


def metres(samples: int, sample_rate: int) -> float:
    """How far sound goes meanwhile."""
    return samples * SPEED_OF_SOUND / sample_rate
