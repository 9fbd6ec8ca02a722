"""Permutation-invariant training: estimates are compared with the sources they are nearest to; silent ones too."""

from __future__ import annotations

import math
from functools import cache
from itertools import permutations

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from lightning_sepcl.objectives.snr import double, error_in_db, thresholded_snr

SILENT = 1e-8  # root mean square below which a reference counts as silent
MOST = 8  # sources; 40320 permutations


def aligned(
    estimates: Float[Tensor, "batch source sample"],
    references: Float[Tensor, "batch source sample"],
    max_snr_db: float = math.inf,
) -> Float[Tensor, "batch source sample"]:
    """The estimates in the order of their references: the one with the smallest sum of losses."""
    order = best_permutation(pairwise_loss(estimates, references, max_snr_db))
    return estimates.gather(1, order[..., None].expand_as(estimates))


@torch.no_grad()
def pairwise_loss(
    estimates: Float[Tensor, "batch estimate sample"],
    references: Float[Tensor, "batch reference sample"],
    max_snr_db: float = math.inf,
) -> Float[Tensor, "batch reference estimate"]:
    """`thresholded_snr` of every estimate against every reference, in dB, for choosing: without gradient."""
    e, r = double(estimates), double(references)
    power = r.square().sum(-1)[..., None]
    error = power - 2 * torch.bmm(r, e.mT) + e.square().sum(-1)[:, None]
    return error_in_db(error.clamp_min(0), power, max_snr_db)


def best_permutation(loss: Float[Tensor, "batch reference estimate"]) -> Int64[Tensor, "batch reference"]:
    """For each reference the estimate that it gets, under the permutation with the smallest sum; the first of equals.

    Raises:
        ValueError: more than 8 sources, or not as many estimates as references.

    >>> best_permutation(torch.tensor([[[5.0, 1.0], [0.0, 9.0]]]))
    tensor([[1, 0]])
    """
    references, estimates = loss.shape[1:]
    if references != estimates or references > MOST:
        raise ValueError(
            f"PIT compares up to {MOST} estimates with as many references, these are {estimates} and {references}"
        )
    orders = _orders(references).to(loss.device)
    sums = loss[:, torch.arange(references, device=loss.device), orders].sum(-1)
    return orders[sums.argmin(1)]


@cache
def _orders(sources: int) -> Int64[Tensor, "order {sources}"]:
    return torch.tensor(list(permutations(range(sources))))


def active_and_silent_loss(
    estimates: Float[Tensor, "batch source sample"],
    references: Float[Tensor, "batch source sample"],
    max_snr_db: float = 30.0,
    silent_max_snr_db: float = 20.0,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """What sounding references and what silent references cost, each a sum over its sources by the number of all.

    An estimate of a silent reference is measured against the mixture: that it is 20 dB below is enough. A batch of
    silence alone costs nothing.

    Args:
        estimates: already in the order of their references.
        references: they sum to the mixture.
        max_snr_db: where the reward for sounding references ends.
        silent_max_snr_db: how far below the mixture an estimate of silence must be.

    Source: Wisdom et al. 2021 (FUSS), and the published code, whose iterative variant leaves out a batch of silence.
    """
    active = references.square().mean(-1).sqrt() > SILENT
    mixture = references.sum(1, keepdim=True)
    loud = thresholded_snr(estimates, references, max_snr_db)
    quiet = thresholded_snr(estimates, references, silent_max_snr_db, mixture)
    none = torch.zeros((), dtype=loud.dtype, device=loud.device)
    return (
        torch.where(active, loud, none).sum() / active.numel(),
        torch.where(~active & active.any(), quiet, none).sum() / active.numel(),
    )


class PIT(nn.Module):
    """Loss against references in any order, some of which may be silent.

    The order is chosen without threshold and the gradient goes through that order alone.

    Args:
        max_snr_db: where the reward for a sounding reference ends, in dB.
        silent_max_snr_db: how far below the mixture, in dB, an estimate of a silent reference must be.
        silent_weight: factor of the silent references' part.

    Source: Yu et al. 2017; thresholds of the published FUSS baseline.
    """

    def __init__(self, max_snr_db: float = 30.0, silent_max_snr_db: float = 20.0, silent_weight: float = 1.0) -> None:
        super().__init__()
        self.max_snr_db, self.silent_max_snr_db, self.silent_weight = max_snr_db, silent_max_snr_db, silent_weight

    def forward(
        self, estimates: Float[Tensor, "batch source sample"], references: Float[Tensor, "batch source sample"]
    ) -> Float[Tensor, ""]:
        """The loss of a batch, in dB."""
        ordered = aligned(estimates, references)
        active, silent = active_and_silent_loss(ordered, references, self.max_snr_db, self.silent_max_snr_db)
        return active + self.silent_weight * silent

    def extra_repr(self) -> str:
        """What is shown of it in a model summary."""
        return (
            f"max_snr_db={self.max_snr_db}, silent_max_snr_db={self.silent_max_snr_db}, "
            f"silent_weight={self.silent_weight}"
        )
