"""Average precision with ties counted exactly, for all classes at once."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def average_precision(score: Float[Tensor, "n class"], target: Float[Tensor, "n class"]) -> Float[Tensor, "class"]:
    """Average precision of each class; NaN for a class without positives.

    Clips of equal score stand or fall together: precision is read behind the last of them, so that their order
    cannot matter and a constant score gives the class's prevalence. Float64 inside, and returned.

    Args:
        score: the higher, the more likely present; any scale.
        target: 1 where present, 0 elsewhere.

    Source: Buckley & Voorhees 2000; the handling of ties is scikit-learn's `average_precision_score`.

    >>> average_precision(torch.tensor([[0.9], [0.5], [0.1]]), torch.tensor([[1.0], [0.0], [1.0]]))
    tensor([0.8333], dtype=torch.float64)
    """
    ordered, order = score.sort(dim=0, descending=True)
    hit = target.gather(0, order).double()
    precision = hit.cumsum(0) / torch.arange(1, len(hit) + 1, dtype=torch.float64, device=hit.device)[:, None]
    return (precision.gather(0, _last_of_ties(ordered)) * hit).sum(0) / hit.sum(0)


def mean_average_precision(score: Float[Tensor, "n class"], target: Float[Tensor, "n class"]) -> float:
    """Mean of `average_precision` over the classes that have positives; NaN where there are none at all."""
    return float(average_precision(score, target).nanmean())


def mean_prevalence(target: Float[Tensor, "n class"]) -> float:
    """What a score without knowledge reaches as mAP: the mean share of positives, over the classes that have any."""
    share = target.double().mean(0)
    return float(share[share > 0].mean())


def _last_of_ties(ordered: Float[Tensor, "n class"]) -> Tensor:
    """Position of the last entry equal to each entry of a sorted column."""
    n = len(ordered)
    at = torch.arange(n, device=ordered.device)[:, None].expand_as(ordered)
    differs = torch.ones_like(ordered, dtype=torch.bool)
    differs[:-1] = ordered[1:] != ordered[:-1]
    return at.where(differs, n).flip(0).cummin(0).values.flip(0)
