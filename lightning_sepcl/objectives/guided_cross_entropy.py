"""Sigmoid cross-entropy between two sets of logits: how far a classifier's answer is from the one it should give."""

from __future__ import annotations

import math

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


def sigmoid_cross_entropy(target: Float[Tensor, "*axes"], predicted: Float[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
    """−p log2 q − (1 − p) log2 (1 − q) with p = sigmoid(target), q = sigmoid(predicted): bits, finite for all logits.

    The gradient goes through `predicted` alone.

    Source: Tzinis et al. 2020, eq. 3. Differs: as printed the second term is missing; q = 1 everywhere would then be
        best. The text calls it sigmoid cross-entropy, which has both.

    >>> import torch
    >>> sigmoid_cross_entropy(torch.zeros(1), torch.zeros(1))
    tensor([1.])
    """
    return (functional.softplus(predicted) - target.detach().sigmoid() * predicted) / math.log(2)


class GuidedCrossEntropy(nn.Module):
    """The mean of `sigmoid_cross_entropy` over everything, weighted: holds a fine-tuned classifier to its teacher.

    Args:
        weight: factor; the separation loss is in dB and around −10.

    Source: Tzinis et al. 2020, section 3.6, which states neither the mean nor a weight.
    """

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        if weight < 0:
            raise ValueError(f"GuidedCrossEntropy: `weight` is {weight}, it must not be below 0")
        self.weight = weight

    def forward(self, target: Float[Tensor, "*axes"], predicted: Float[Tensor, "*axes"]) -> Float[Tensor, ""]:
        """The loss, in weighted bits."""
        return self.weight * sigmoid_cross_entropy(target, predicted).mean()

    def extra_repr(self) -> str:
        """What is shown of it in a model summary."""
        return f"weight={self.weight}"
