"""How far a guessed azimuth lies from the true one, for training: as points on the circle, which has no seam."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class AzimuthLoss(nn.Module):
    """Squared distance of (x, y) from the true azimuth's point on the unit circle, mean over coordinates and clips.

    Source: the regression of Cartesian directions of SELDnet, Adavanne et al. 2019; MC-SimCLR does not say.
    """

    def forward(self, guess: Float[Tensor, "n 2"], azimuth_deg: Float[Tensor, " n"]) -> Float[Tensor, ""]:
        """0 when every guess is right; 0, with a gradient of zeros, where no azimuth is known (NaN)."""
        known = azimuth_deg.isfinite()
        angle = torch.deg2rad(torch.where(known, azimuth_deg, 0.0))
        point = torch.stack([angle.cos(), angle.sin()], 1)
        squares = (guess.float() - point).square().mean(1)
        return torch.where(known, squares, 0).sum() / known.sum().clamp(min=1)
