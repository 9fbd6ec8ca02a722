"""Channel drop: whole channels of the features silenced, so that no single microphone or pair is relied upon."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.augment.base import Augmentation, Params


class ChannelDrop(Augmentation):
    """Sets each channel of each example to 0, the mean of standardised features, with a probability of its own.

    Args:
        p: how likely it is for a channel, 0 to below 1.

    Source: MC-SimCLR, sections 3.2.3 and 4.2 (p = 0.1 of [0, 0.2]).
    """

    domain = "feature"

    def __init__(self, p: float = 0.1) -> None:
        if not 0 <= p < 1:
            raise ValueError(f"ChannelDrop: p must be at least 0 and below 1, found {p:g}")
        self.p = p

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`kept` (n, channel), 1 or 0."""
        return {"kept": (torch.rand(shape[0], shape[1], generator=generator) >= self.p).float()}

    def apply(self, x: Float[Tensor, "n channel freq frame"], params: Params) -> Float[Tensor, "n channel freq frame"]:
        """Nothing is scaled up to make good for what is gone."""
        kept: Tensor = params["kept"].to(x.dtype)
        return x * kept[:, :, None, None]
