"""Coincidence prediction: which pairs of a batch come from the same clip, both answers weighing the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from lightning_sepcl.objectives.gather_with_gradient import gather_with_gradient, rank

Pairs = Literal["local", "gathered"]


def coincidence_of_pairs(
    head: Callable[[Tensor, Tensor], Tensor],
    first: Float[Tensor, "n dim"],
    second: Float[Tensor, "n dim"],
    pairs: Pairs = "local",
) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
    """The coincidence loss of two views of each clip, of every first one with every second one.

    Args:
        head: the logits of all pairs of (n, dim) and (m, dim), (n, m).
        first: embeddings of the first views.
        second: embeddings of the second views, in the same order.
        pairs: `local`: the second views are this process's, as in the paper; `gathered`: those of all processes, so
            that the mean over the processes, and the gradient that DDP averages, are those of the joined batch.

    Returns:
        What `coincidence_loss` returns.
    """
    if pairs == "local":
        return coincidence_loss(head(first, second))
    return coincidence_loss(head(first, gather_with_gradient(second)), rank() * len(second))


def coincidence_loss(logits: Float[Tensor, "n m"], own: int = 0) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
    """Binary cross-entropy of all pairs: the mean over the n that coincide plus the mean over the n(m − 1) that do not.

    Without the two means there would be m − 1 times as many pairs that say no. At least float32, also under autocast.

    Args:
        logits: row i, column j is the pair of clip i's first view and clip j's second; above 0 means the same clip.
        own: the column of the first row's clip; those of the others follow. With one process there are as many
            columns as rows, and it is 0.

    Returns:
        The loss, 2 ln 2 where all logits are 0; and without gradient its two halves `positive_loss`, `negative_loss`,
        and the share of pairs that are told right, `positive_accuracy`, `negative_accuracy`.

    Raises:
        ValueError: a single clip, which has no pair that does not coincide.

    Source: separated scenes, eq. 2.
    """
    clips = logits.shape[1]
    if clips < 2:
        raise ValueError(f"the coincidence loss needs at least 2 clips, found {clips}: take a larger batch")
    logits = logits if logits.dtype == torch.float64 else logits.float()
    coincide = _coincide(logits, own)
    same, different = logits[coincide], logits[~coincide]
    # softplus(−x) is −log sigmoid(x), without the overflow
    positive, negative = functional.softplus(-same).mean(), functional.softplus(different).mean()
    parts = {
        "positive_loss": positive.detach(),
        "negative_loss": negative.detach(),
        "positive_accuracy": (same.detach() > 0).float().mean(),
        "negative_accuracy": (different.detach() < 0).float().mean(),
    }
    return positive + negative, parts


def _coincide(logits: Float[Tensor, "n m"], own: int) -> Bool[Tensor, "n m"]:
    rows, columns = (torch.arange(size, device=logits.device) for size in logits.shape)
    return columns == own + rows[:, None]
