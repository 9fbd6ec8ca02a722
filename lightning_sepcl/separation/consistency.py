"""Mixture consistency: what the estimates lack of the mixture is handed out among them, so that they sum to it."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lightning_sepcl.separation.dense import Dense

ConsistencyKind = Literal["none", "uniform", "magsq", "pred_source"]
EPSILON = 1e-8  # added to each estimate's power: silent estimates share evenly


def mixture_consistency(
    estimates: Float[Tensor, "batch source sample"],
    mixture: Float[Tensor, "batch 1 sample"],
    weights: Float[Tensor, "#batch source 1"],
) -> Float[Tensor, "batch source sample"]:
    """The estimates nearest to the given ones that sum to the mixture.

    Args:
        estimates: in the mixture's unit.
        mixture: what they should sum to.
        weights: each source's share of what is missing; they sum to 1 over the sources.

    Source: Wisdom et al. 2019 ("Differentiable consistency constraints").

    >>> one = torch.ones(1, 1, 1)
    >>> mixture_consistency(torch.zeros(1, 2, 1), one, torch.tensor([[[0.75], [0.25]]])).flatten()
    tensor([0.7500, 0.2500])
    """
    return estimates + weights * (mixture - estimates.sum(1, keepdim=True))


def power_shares(estimates: Float[Tensor, "batch source sample"]) -> Float[Tensor, "batch source 1"]:
    """Each estimate's share of the power of all, over the whole clip; even where all are silent."""
    power = estimates.square().mean(-1, keepdim=True) + EPSILON
    return power / power.sum(1, keepdim=True)


class MixtureConsistency(nn.Module):
    """Mixture consistency with a choice of shares.

    Args:
        kind: `none`: the estimates as they are; `uniform`: even shares; `magsq`: in proportion to each estimate's
            power; `pred_source`: from the network's output, by a learned layer.
        sources: number of estimates.
        channels: channels of the network's output.

    Source: Wisdom et al. 2019; `pred_source` as in the published code of MixIT.
    """

    def __init__(self, kind: ConsistencyKind, sources: int, channels: int) -> None:
        super().__init__()
        self.kind: ConsistencyKind = kind
        self.sources = sources
        self.share = Dense(channels, sources) if kind == "pred_source" else None

    def forward(
        self,
        estimates: Float[Tensor, "batch source sample"],
        mixture: Float[Tensor, "batch 1 sample"],
        core: Float[Tensor, "batch channel frame"],
    ) -> Float[Tensor, "batch source sample"]:
        """The estimates, consistent with the mixture; `core` is the network's output, for `pred_source`."""
        if self.kind == "none":
            return estimates
        return mixture_consistency(estimates, mixture, self.weights(estimates, core))

    def weights(
        self, estimates: Float[Tensor, "batch source sample"], core: Float[Tensor, "batch channel frame"]
    ) -> Float[Tensor, "#batch source 1"]:
        """Each source's share, summing to 1."""
        if self.share is not None:
            return torch.softmax(self.share(core.mean(-1, keepdim=True)).to(estimates.dtype), 1)
        if self.kind == "magsq":
            return power_shares(estimates)
        return estimates.new_full((1, self.sources, 1), 1 / self.sources)

    def extra_repr(self) -> str:
        """What is shown of it in a model summary."""
        return f"kind={self.kind}"
