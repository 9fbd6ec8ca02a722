"""Thresholded SNR loss: the error's power in dB, with a floor that stops rewarding what is good enough."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

FLOOR = 1e-8  # of the power, so that silence estimated as silence is -80 dB and not minus infinity


def thresholded_snr(
    estimates: Float[Tensor, "*axes sample"],
    references: Float[Tensor, "*axes sample"],
    max_snr_db: float = 30.0,
    level: Float[Tensor, "*#axes sample"] | None = None,
) -> Float[Tensor, "*axes"]:
    """10 log10(tau · |level|² + |reference − estimate|² + 1e-8) with tau = 10^(−max_snr_db / 10), in dB.

    Minus the SNR up to a constant: the reference's own power is left out, so that values compare only at one level,
    while gradients are those of the SNR. Beyond `max_snr_db` a smaller error hardly pays.

    Args:
        estimates: full scale 1.
        references: what they should be.
        max_snr_db: where the reward ends; `math.inf`: nowhere.
        level: waves whose power, times tau, is the floor; None: the references. A silent reference has no level of
            its own: there, the mixture is given.

    Source: Wisdom et al. 2020 (MixIT), eq. 2, and its published code, which leaves the constant out.

    >>> thresholded_snr(torch.ones(2), torch.ones(2), max_snr_db=30.0)        # 10 log10(2 / 1000)
    tensor(-26.9897)
    """
    error = (references - estimates).square().sum(-1)
    return error_in_db(error, (references if level is None else level).square().sum(-1), max_snr_db)


def error_in_db(
    error: Float[Tensor, "*#axes"], level: Float[Tensor, "*#axes"], max_snr_db: float
) -> Float[Tensor, "*axes"]:
    """The loss from the squared norms of the error and of the level."""
    return 10 * torch.log10(10 ** (-max_snr_db / 10) * level + error + FLOOR)


class ThresholdedSNR(nn.Module):
    """The mean of `thresholded_snr` over batch and sources, where it is known which estimate is which source.

    Args:
        max_snr_db: where the reward ends, in dB.
    """

    def __init__(self, max_snr_db: float = 30.0) -> None:
        super().__init__()
        self.max_snr_db = max_snr_db

    def forward(
        self, estimates: Float[Tensor, "batch source sample"], references: Float[Tensor, "batch source sample"]
    ) -> Float[Tensor, ""]:
        """The loss of a batch, in dB."""
        return thresholded_snr(estimates, references, self.max_snr_db).mean()


def double(wave: Tensor) -> Tensor:
    """`wave` in float64, where the device has it: squared errors from inner products cancel near 30 dB in float32."""
    return wave if wave.device.type == "mps" else wave.double()
