"""An importance draw of late images from the true lattice: few images that carry the energy of all.

Draws lie evenly in travelled distance, so many per sample. Their directions follow the energy that images of that
direction still have, read from a small table per block of draws: walls that swallow more are asked less. A draw selects
the image of the lattice cell it falls into; the image keeps its true place and the true losses at its walls, and is
weighted so that the energy stays. What survives is of nearly equal strength, which makes a smooth tail; all microphones
share the images, so they agree about where the tail comes from; and every direction keeps its own decay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from data_sim.engines.axis_images import axis_images

BLOCK = 512  # draws with one table of directions
CELLS = 16  # of the table, in height and in angle, over an eighth of the sphere
_PATTERN_SEED = 3


@dataclass(frozen=True, slots=True)
class Shell:
    """The images of some sources (items) between two distances from the centres of their arrays.

    Attributes:
        size: of the rooms, m.
        source: m.
        centre: of the arrays, m.
        log_reflections: of the two walls of each axis.
        inner: m; images nearer are left out.
        outer: m; images farther are left out.
        seeds: of the items.
        octaves: `log_reflections` octave by octave, where the walls' absorption differs; images are then drawn once,
            by `log_reflections`, and heard in each octave.
    """

    size: Float[Tensor, "item 3"]
    source: Float[Tensor, "item 3"]
    centre: Float[Tensor, "item 3"]
    log_reflections: Float[Tensor, "item 3 2"]
    inner: Float[Tensor, " item"]
    outer: Float[Tensor, " item"]
    seeds: list[int]
    octaves: tuple[Float[Tensor, "item 3 2"], ...] = ()


@dataclass(frozen=True, slots=True)
class DrawnImages:
    """Images, a row per block.

    Attributes:
        item: whose images a block holds.
        positions: m, along each of the three axes.
        amplitudes: what the walls leave, weighted, in each band; 0 for draws beside the shell. Distance is not in it.
    """

    item: Int[Tensor, " block"]
    positions: list[Float[Tensor, "block draw"]]
    amplitudes: list[Float[Tensor, "block draw"]]


class LatticeDraw:
    """Draws images.

    Args:
        per_metre: draws per metre of travelled distance.
        device: where it is computed.
    """

    def __init__(self, per_metre: float, device: torch.device) -> None:
        self.per_metre = per_metre
        self.step = BLOCK / per_metre  # m of distance that a block covers
        self.directions = _table_directions().to(device)
        # Sobol points spread direction, octant and distance evenly together; a random shift per block makes them random
        sobol = torch.quasirandom.SobolEngine(4, scramble=True, seed=_PATTERN_SEED)  # type: ignore[no-untyped-call]
        pattern = sobol.draw(BLOCK).T.contiguous()
        pattern[0] = (torch.arange(BLOCK) + 0.5) / BLOCK
        self.pattern = pattern.to(device)

    def images(self, shell: Shell) -> DrawnImages:
        """The images drawn of a shell; the same for an item alone and among others."""
        item, start, shift = self._blocks(shell)
        points = torch.frac(self.pattern[:, None] + shift.to(self.pattern.device))
        distance = (points[1] * self.step).add_(start[:, None])
        direction, density = self._directions(shell, item, start, points)
        positions, log_gains, square = self._cells(shell, item, distance, direction)
        # Expected number of draws of the image: the density of draws in space, times the volume of its cell.
        volume = shell.size.prod(dim=1)[item, None]
        expected = density.mul_(self.per_metre / (4 * math.pi) * volume).div_(square)
        weight = torch.rsqrt(repeated_energy(expected))
        within = (square > shell.inner.square()[item, None]) & (square <= shell.outer.square()[item, None])
        return DrawnImages(item, positions, [gain.exp().mul_(weight).mul_(within) for gain in log_gains])

    def _blocks(self, shell: Shell) -> tuple[Tensor, Tensor, Tensor]:
        """Item and first distance of each block, and the random shifts of its points."""
        # The image of a cell may be nearer or farther than the point drawn, by up to the room's diagonal.
        diagonal = shell.size.norm(dim=1)
        first = (shell.inner - diagonal).clamp_(min=0)
        counts = torch.ceil((shell.outer + diagonal - first) / self.step).long() * (shell.outer > shell.inner)
        item = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
        number = torch.arange(len(item), device=item.device) - (counts.cumsum(0) - counts)[item]
        shifts = [
            torch.rand(count, 4, generator=torch.Generator().manual_seed(seed))
            for count, seed in zip(counts.tolist(), shell.seeds, strict=True)
        ]
        return item, first[item] + number * self.step, torch.cat(shifts).T[:, :, None]

    def _directions(
        self, shell: Shell, item: Tensor, start: Tensor, points: Tensor
    ) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
        """Unit vectors of the draws, and how much denser than evenly they lie there."""
        loss = -0.5 * shell.log_reflections.sum(dim=2) / shell.size  # per metre along each axis, of amplitude
        middle = (start + 0.5 * self.step)[:, None]
        share = torch.softmax(-2 * middle * loss[item] @ self.directions, dim=1)
        cell = torch.searchsorted(share.cumsum(dim=1), points[0].contiguous()).clamp_(max=CELLS * CELLS - 1)
        density = torch.gather(share, 1, cell).mul_(CELLS * CELLS)
        up = (points[2] + cell.div(CELLS, rounding_mode="floor")).mul_(1 / CELLS)
        octant = points[3] * 8
        eighth = octant.floor()
        angle = (cell.remainder(CELLS) + octant.sub_(eighth)).mul_(math.pi / 2 / CELLS)
        half, quarter = (eighth * 0.5).floor_(), (eighth * 0.25).floor_()
        sign_x, sign_y, sign_z = (eighth - 2 * half) * 2 - 1, (half - 2 * quarter) * 2 - 1, quarter * 2 - 1
        flat = (1 - up.square()).sqrt_()
        return (angle.cos().mul_(flat).mul_(sign_x), angle.sin().mul_(flat).mul_(sign_y), up * sign_z), density

    def _cells(
        self, shell: Shell, item: Tensor, distance: Tensor, direction: tuple[Tensor, ...]
    ) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """Positions, logarithms of the amplitudes and squared distance of the images of the cells that were hit."""
        farthest = (shell.outer + shell.size.norm(dim=1) + 2 * self.step)[:, None]
        reach = int(torch.ceil(farthest / shell.size).max()) + 2
        tables = [
            axis_images(shell.size, shell.source, losses, reach) for losses in shell.octaves or (shell.log_reflections,)
        ]
        table = tables[0][0]
        positions: list[Tensor] = []
        log_gains, square = [torch.zeros_like(distance) for _ in tables], torch.zeros_like(distance)
        for axis, towards in enumerate(direction):
            scale, centre = 1 / shell.size[item, axis, None], shell.centre[item, axis, None]
            index = torch.addcmul(centre * scale, towards.mul_(distance), scale).floor_().to(torch.int64)
            index += (reach + table.shape[2] * (item * 3 + axis))[:, None]
            position = table.take(index)
            for log_gain, (_, log_table) in zip(log_gains, tables, strict=True):
                log_gain += log_table.take(index)
            away = position - centre
            square.addcmul_(away, away)
            positions.append(position)
        return positions, log_gains, square


def repeated_energy(expected: Float[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
    """Mean of the squared number of draws of an image that is expected `expected` times: draws of one image add up in
    amplitude, not in energy, so that Poisson numbers of mean q have q + q² of it.
    """
    return torch.addcmul(expected, expected, expected)


def _table_directions() -> Float[Tensor, "3 cell"]:
    """The middle of each cell of the table, as unit vectors; cells are of equal area."""
    middle = (torch.arange(CELLS) + 0.5) / CELLS
    flat, angle = (1 - middle.square()).sqrt()[:, None], middle * (math.pi / 2)
    axes = [flat * angle.cos(), flat * angle.sin(), middle[:, None].expand(CELLS, CELLS)]
    return torch.stack(axes).view(3, -1)
