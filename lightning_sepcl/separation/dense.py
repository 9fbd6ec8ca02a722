"""Dense layer over the channels of (batch, channel, frame), with the learned factor that TDCN++ puts on its layers."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


def weigh(
    weight: Float[Tensor, "output input"], x: Float[Tensor, "batch input frame"]
) -> Float[Tensor, "batch output frame"]:
    """`weight @ x` with frames contiguous.

    As one product per example: `weight @ x` itself may fold the batch and return frames with a stride, through which
    every sum over time behind it is several times slower.
    """
    return torch.bmm(weight.expand(x.shape[0], -1, -1), x)


class Dense(nn.Module):
    """scale · (weight · x + bias), the same at every frame; Glorot-uniform weights, zero bias.

    Args:
        inputs: channels in.
        outputs: channels out.
        bias: whether there is one.
        scale: the learned factor's value at the beginning; None: no factor.
    """

    def __init__(self, inputs: int, outputs: int, bias: bool = False, scale: float | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(outputs, inputs)))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = None if scale is None else nn.Parameter(torch.tensor(float(scale)))

    def forward(self, x: Float[Tensor, "batch input frame"]) -> Float[Tensor, "batch output frame"]:
        """(batch, inputs, frame) -> (batch, outputs, frame)."""
        factor = 1 if self.scale is None else self.scale
        y = weigh(self.weight * factor, x)
        return y if self.bias is None else y + (self.bias * factor)[:, None]
