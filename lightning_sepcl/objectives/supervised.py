"""Cross-entropies on clips of which only some are labelled."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional


class CrossEntropy(nn.Module):
    """For clips of one class: minus the log-probability of the class, averaged over the labelled clips.

    Where a clip has several classes they share its weight evenly; a clip without a class counts as not labelled.

    Args:
        label_smoothing: share of the target that is spread over all classes, from 0 to below 1.
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        super().__init__()
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"CrossEntropy: `label_smoothing` is {label_smoothing}, it must lie in [0, 1)")
        self.label_smoothing = label_smoothing

    def forward(
        self, logits: Float[Tensor, "n class"], target: Float[Tensor, "n class"], labelled: Bool[Tensor, " n"]
    ) -> Float[Tensor, ""]:
        """In nats; 0, with a gradient of zeros, where nothing is labelled."""
        classes = target.sum(1, keepdim=True)
        share = target / classes.clamp(min=1)
        losses = functional.cross_entropy(
            _precise(logits), _precise(share), reduction="none", label_smoothing=self.label_smoothing
        )
        return _mean_over_labelled(losses, labelled & (classes[:, 0] > 0))


class BinaryCrossEntropy(nn.Module):
    """For clips of any number of classes, each a yes or no of its own: the mean over classes and labelled clips."""

    def forward(
        self, logits: Float[Tensor, "n class"], target: Float[Tensor, "n class"], labelled: Bool[Tensor, " n"]
    ) -> Float[Tensor, ""]:
        """In nats; 0, with a gradient of zeros, where nothing is labelled."""
        logits = _precise(logits)
        losses = functional.binary_cross_entropy_with_logits(logits, target.to(logits), reduction="none")
        return _mean_over_labelled(losses.mean(1), labelled)


def _precise(x: Tensor) -> Tensor:
    return x if x.dtype == torch.float64 else x.float()


def _mean_over_labelled(losses: Float[Tensor, " n"], labelled: Bool[Tensor, " n"]) -> Float[Tensor, ""]:
    return torch.where(labelled, losses, 0).sum() / labelled.sum().clamp(min=1)
