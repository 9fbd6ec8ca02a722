"""MixIT: separation learned from mixtures alone; the estimates of a mixture of mixtures must sum to both of them."""

from __future__ import annotations

from functools import cache
from itertools import product

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from lightning_sepcl.objectives.snr import double, error_in_db, thresholded_snr

MOST = 2**20  # assignments; 2 mixtures and 20 sources


def mixit(
    estimates: Float[Tensor, "batch source sample"],
    mixtures: Float[Tensor, "batch mixture sample"],
    max_snr_db: float = 30.0,
) -> tuple[Float[Tensor, " batch"], Float[Tensor, "batch mixture source"]]:
    """The loss of each example under its best assignment of estimates to mixtures, and that assignment.

    Every estimate goes to exactly one mixture; a mixture may get all of them or none. Tried are all
    mixtures^sources ways, for the work of a few inner products.

    Args:
        estimates: what a separator made of the sum of the mixtures.
        mixtures: two or more; silent ones are allowed.
        max_snr_db: where the loss's reward ends; see `thresholded_snr`.

    Returns:
        The loss in dB, a mean over the mixtures, with gradient; and the assignment: 1 where an estimate belongs to
        a mixture, else 0.

    Raises:
        ValueError: more than 2^20 assignments.

    Source: Wisdom et al. 2020 (MixIT), eq. 1 and 2.

    >>> sources = torch.eye(3)[None]
    >>> loss, assignment = mixit(sources, torch.stack([sources[:, 0] + sources[:, 2], sources[:, 1]], 1))
    >>> assignment
    tensor([[[1., 0., 1.],
             [0., 1., 0.]]])
    """
    chosen = best_assignment(estimates, mixtures, max_snr_db)
    assignment = torch.nn.functional.one_hot(chosen, mixtures.shape[1]).mT.to(estimates.dtype)
    remixed = torch.bmm(assignment, estimates)
    return thresholded_snr(remixed, mixtures, max_snr_db).mean(1), assignment


@torch.no_grad()
def best_assignment(
    estimates: Float[Tensor, "batch source sample"],
    mixtures: Float[Tensor, "batch mixture sample"],
    max_snr_db: float,
) -> Int64[Tensor, "batch source"]:
    """The mixture that each estimate goes to, under the assignment with the smallest loss; the first of equals.

    |x − Σ e|² needs inner products of x and the e alone: with those, a set of estimates costs a few additions.
    """
    sources, count = estimates.shape[1], mixtures.shape[1]
    if count**sources > MOST:
        raise ValueError(
            f"MixIT: {count} mixtures and {sources} sources have {count**sources} assignments, "
            f"more than the {MOST} that can be tried: separate into fewer sources"
        )
    e, x = double(estimates), double(mixtures)
    subsets = _digits(2, sources).to(e)  # row number: which estimates are in the set, as binary digits
    inner = torch.bmm(e, e.mT)
    alone = torch.einsum("ks,bst,kt->bk", subsets, inner, subsets)
    shared = torch.bmm(x, e.mT) @ subsets.T
    power = x.square().sum(-1, keepdim=True)
    error = (power - 2 * shared + alone[:, None]).clamp_min(0)
    losses = error_in_db(error, power, max_snr_db)  # (batch, mixture, subset)
    ways = _digits(count, sources).to(e.device)
    binary = 2 ** torch.arange(sources - 1, -1, -1, device=e.device)
    total = sum(losses[:, i, (ways == i).long() @ binary] for i in range(count))
    return ways[torch.as_tensor(total).argmin(1)]


@cache
def _digits(base: int, length: int) -> Int64[Tensor, "number {length}"]:
    """All numbers of `length` digits in `base`, in rising order, one row each."""
    return torch.tensor(list(product(range(base), repeat=length)))


class MixIT(nn.Module):
    """The mean of `mixit` over a batch.

    Args:
        max_snr_db: where the loss's reward ends, in dB.

    Source: Wisdom et al. 2020 (MixIT); 30 dB.
    """

    def __init__(self, max_snr_db: float = 30.0) -> None:
        super().__init__()
        self.max_snr_db = max_snr_db

    def forward(
        self, estimates: Float[Tensor, "batch source sample"], mixtures: Float[Tensor, "batch mixture sample"]
    ) -> Float[Tensor, ""]:
        """The loss of a batch, in dB."""
        return mixit(estimates, mixtures, self.max_snr_db)[0].mean()

    def extra_repr(self) -> str:
        """What is shown of it in a model summary."""
        return f"max_snr_db={self.max_snr_db}"
