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


class PairOfAzimuthsLoss(nn.Module):
    """The same for two sources at once, whichever guess means whichever source: the better of both assignments.

    Where a clip has one source only, the guess that is nearer to it counts.

    Source: permutation invariant training, Yu et al. 2017; for directions, Cao et al. 2021.
    """

    def forward(self, guess: Float[Tensor, "n 4"], azimuth_deg: Float[Tensor, "n 2"]) -> Float[Tensor, ""]:
        """0 when both guesses are right; clips without a first azimuth (NaN) do not count."""
        known = azimuth_deg.isfinite()
        angle = torch.deg2rad(torch.where(known, azimuth_deg, 0.0))
        points = torch.stack([angle.cos(), angle.sin()], -1)
        squares = (guess.float().view(-1, 2, 1, 2) - points[:, None]).square().mean(-1)  # (n, guess, source)
        both = torch.stack([squares[:, 0, 0] + squares[:, 1, 1], squares[:, 0, 1] + squares[:, 1, 0]]).amin(0) / 2
        best = torch.where(known[:, 1], both, squares[:, :, 0].amin(1))
        return torch.where(known[:, 0], best, 0).sum() / known[:, 0].sum().clamp(min=1)
