"""Images of a source along one axis of a box: where they are and what the two walls have left of them.

Mirrored at the two walls of an axis again and again, the source appears once in every cell [m L, (m + 1) L]. The images
of the room are all combinations of cells along the three axes; positions and losses of the axes are independent.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

LEAST_LOG = -50.0  # for walls that swallow everything: finite, so that no reflection at all is 0 times it


def axis_images(
    size: Float[Tensor, "*item"],
    source: Float[Tensor, "*item"],
    log_reflections: Float[Tensor, "*item 2"],
    cells: int,
) -> tuple[Float[Tensor, "*item cell"], Float[Tensor, "*item cell"]]:
    """Positions (m) and the natural logarithm of the amplitude left, for the cells -cells ... cells.

    Cell m >= 0 is reached by ceil(m / 2) reflections at the far wall and floor(m / 2) at the wall through the origin,
    and the other way round below 0.
    """
    cell = torch.arange(-cells, cells + 1, device=size.device)
    odd, away = (cell % 2).to(size.dtype), cell.abs()
    more, less = ((away + 1) // 2).to(size.dtype), (away // 2).to(size.dtype)
    near, far = torch.where(cell >= 0, less, more), torch.where(cell >= 0, more, less)
    length, place = size[..., None], source[..., None]
    position = cell * length + place + odd * (length - 2 * place)
    return position, near * log_reflections[..., :1] + far * log_reflections[..., 1:]


def log_reflections(reflections: Float[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
    """Natural logarithm of reflection factors, finite also for 0."""
    return reflections.log().clamp(min=LEAST_LOG)
