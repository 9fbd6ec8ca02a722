"""Coincidence prediction: which pairs of a batch come from the same clip, both answers weighing the same."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional


def coincidence_loss(logits: Float[Tensor, "n n"]) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
    """Binary cross-entropy of all pairs: the mean over the n that coincide plus the mean over the n(n − 1) that do not.

    Without the two means there would be n − 1 times as many pairs that say no. At least float32, also under autocast.

    Args:
        logits: row i, column j is the pair of clip i's first view and clip j's second; above 0 means the same clip.

    Returns:
        The loss, 2 ln 2 where all logits are 0; and without gradient its two halves `positive_loss`, `negative_loss`,
        and the share of pairs that are told right, `positive_accuracy`, `negative_accuracy`.

    Raises:
        ValueError: a single clip, which has no pair that does not coincide.

    Source: separated scenes, eq. 2.
    """
    n = len(logits)
    if n < 2:
        raise ValueError(f"the coincidence loss needs at least 2 clips, found {n}: take a larger batch")
    logits = logits if logits.dtype == torch.float64 else logits.float()
    same = logits.diagonal()
    different = logits[_off_diagonal(n, logits.device)]
    # softplus(−x) is −log sigmoid(x), without the overflow
    positive, negative = functional.softplus(-same).mean(), functional.softplus(different).mean()
    parts = {
        "positive_loss": positive.detach(),
        "negative_loss": negative.detach(),
        "positive_accuracy": (same.detach() > 0).float().mean(),
        "negative_accuracy": (different.detach() < 0).float().mean(),
    }
    return positive + negative, parts


def _off_diagonal(n: int, device: torch.device) -> Bool[Tensor, "{n} {n}"]:
    return ~torch.eye(n, dtype=torch.bool, device=device)
