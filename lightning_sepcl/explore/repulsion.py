"""How all points of a plane push each other away in t-SNE, in a time that grows with their number, not its square.

Charges are spread onto a grid by cubic interpolation, the grid is convolved with the kernel by FFT, and read out again
by the same interpolation.

Source: Linderman et al. 2019, "Fast interpolation-based t-SNE for improved visualization of single-cell RNA-seq data".
Differs: one even grid whose stencils slide along with the points in place of blocks with nodes of their own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy.typing import NDArray

Array = NDArray[Any]

MOST_PAIRED = 500
"""Points that are compared pair by pair, which costs less than the grid; few points also spread wider than it."""
SPACING = 0.4
"""Of grid lines; the kernel 1 / (1 + d²) is 1 wide. No force of 10 000 points is then wrong by 3 % of the largest; a
few hundred far apart may be by 5 %."""
MOST_NODES = 720
"""A side of the grid; a larger map gets wider spacing. A map of 10 000 points fills half of it."""
LEAST_NODES = 16
MARGIN = 2
"""Nodes beyond the outermost points, for their stencils."""


def repulsion(y: Float[Array, "point 2"]) -> tuple[Float[Array, "point 2"], float]:
    """Sums over all other points: of (y_i - y_j) / (1 + d²)² for each point i, and of 1 / (1 + d²) over all pairs."""
    if len(y) <= MOST_PAIRED:
        return _by_pairs(y)
    y = y - y.mean(0)  # forces are differences, which float32 keeps best around 0
    low = y.min(0)
    span = float((y.max(0) - low).max())
    nodes = int(np.clip(np.ceil(span / SPACING), LEAST_NODES, MOST_NODES)) + 1
    spacing = max(span, 1e-9) / (nodes - 1)
    stencil = _Stencil((y - low) / spacing, nodes + 2 * MARGIN)
    near, far = stencil.convolved(np.stack([np.ones(len(y)), y[:, 0], y[:, 1]], 1), spacing)
    push = y * far[:, :1] - far[:, 1:]
    return push, float(near.sum()) - len(y)  # a point does not count itself


def _by_pairs(y: Float[Array, "point 2"]) -> tuple[Float[Array, "point 2"], float]:
    apart = y[:, None] - y
    near = 1 / (1 + np.square(apart).sum(-1))
    return np.einsum("ij,ijk->ik", near**2, apart), float(near.sum()) - len(y)


class _Stencil:
    """The sixteen nodes around every point, and how much each of them counts.

    Args:
        at: places in units of the spacing, from 0 on.
        side: nodes of a side of the grid.
    """

    def __init__(self, at: Float[Array, "point 2"], side: int) -> None:
        self.side = side
        cell = np.minimum(np.floor(at), side - 2 * MARGIN - 1)
        steps = np.arange(4)
        x, y = (_cubic(at[:, axis] - cell[:, axis]) for axis in (0, 1))
        column, row = ((cell[:, axis, None] + MARGIN - 1 + steps).astype(np.int64) for axis in (0, 1))
        self.weight = (y[:, :, None] * x[:, None, :]).reshape(len(at), 16)
        self.node: Int64[Array, "point 16"] = (row[:, :, None] * side + column[:, None, :]).reshape(len(at), 16)

    def convolved(
        self, charges: Float[Array, "point charge"], spacing: float
    ) -> tuple[Float[Array, "point 1"], Float[Array, "point charge"]]:
        """The first charge with the kernel 1 / (1 + d²), and all of them with its square, at the points."""
        size = _fast_length(2 * self.side - 1)
        grid = np.stack([self._spread(charge) for charge in charges.T]).astype(np.float32)
        spectrum = torch.fft.rfft2(torch.from_numpy(grid), s=(size, size))
        kernel = torch.from_numpy(_kernel(size, spacing).astype(np.float32))
        kernels = torch.fft.rfft2(torch.stack([kernel, kernel**2]))
        products = torch.cat([spectrum[:1] * kernels[0], spectrum * kernels[1]])
        potential = torch.fft.irfft2(products, s=(size, size))[:, : self.side, : self.side]
        found = self._read(potential.reshape(len(potential), -1).numpy())
        return found[:, :1], found[:, 1:]

    def _spread(self, charge: Float[Array, " point"]) -> Float[Array, "side side"]:
        flat = np.bincount(self.node.ravel(), (self.weight * charge[:, None]).ravel(), self.side**2)
        return flat.reshape(self.side, self.side)

    def _read(self, potential: Float[Array, "charge node"]) -> Float[Array, "point charge"]:
        return np.stack([(row[self.node] * self.weight).sum(1) for row in potential], 1)


def _cubic(t: Float[Array, " point"]) -> Float[Array, "point 4"]:
    """Weights of the nodes at -1, 0, 1, 2 for a place 0 <= t <= 1: Lagrange's, exact for cubics."""
    weights = [-t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -t * (t + 1) * (t - 2) / 2]
    return np.stack([*weights, t * (t + 1) * (t - 1) / 6], 1)


def _kernel(size: int, spacing: float) -> Float[Array, "size size"]:
    """1 / (1 + d²) between nodes, wrapped around as a circular convolution wants it."""
    steps = np.minimum(np.arange(size), size - np.arange(size)) * spacing
    return 1 / (1 + steps[:, None] ** 2 + steps[None, :] ** 2)


def _fast_length(least: int) -> int:
    """The smallest even length from `least` on whose only prime factors are 2, 3 and 5.

    >>> _fast_length(101), _fast_length(240)
    (108, 240)
    """
    return next(n for n in range(least + least % 2, 2 * least + 2, 2) if _is_smooth(n))


def _is_smooth(n: int) -> bool:
    for prime in (2, 3, 5):
        while n % prime == 0:
            n //= prime
    return n == 1
