"""How far guessed azimuths lie from the true ones, the short way around the circle."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

CHANCE_DEG = 90.0
"""Mean error of guesses that know nothing: all distances from 0 to 180 degrees are equally likely."""


def azimuth_of(direction: Float[Tensor, "n 2"]) -> Float[Tensor, " n"]:
    """The angle of (x, y) in degrees, -180 to 180, counter-clockwise from x."""
    return torch.rad2deg(torch.atan2(direction[:, 1], direction[:, 0]))


def azimuth_error(guess_deg: Float[Tensor, " n"], azimuth_deg: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Degrees between the two, 0 to 180.

    >>> azimuth_error(torch.tensor([170.0]), torch.tensor([-170.0]))
    tensor([20.])
    """
    return (torch.remainder(guess_deg - azimuth_deg + 180, 360) - 180).abs()
