"""One residual block of TDCN++, as plain PyTorch, and the way to its fast path."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lightning_sepcl.separation.dense import Dense
from lightning_sepcl.separation.depthwise import Depthwise
from lightning_sepcl.separation.fast_block import FastBlock, Statistics, Weights, add_block
from lightning_sepcl.separation.norm import ActivationNorm, NormKind
from lightning_sepcl.separation.scratch import Scratch


class Block(nn.Module):
    """Dense up, PReLU, norm, dilated depthwise convolution, PReLU, norm, dense down, plus the input.

    Args:
        bottleneck: channels in and out.
        hidden: channels in between.
        dilation: frames between two taps.
        norm: over what mean and variance are taken.
        scale: initial factor of the block's contribution; None: no factor.
        beside: channels that stand in front of the input where the block looks at more than its input (`seen`).

    Source: Kavalerov et al. 2019; activation before norm, as in the published code.
    """

    def __init__(
        self, bottleneck: int, hidden: int, dilation: int, norm: NormKind, scale: float | None, beside: int = 0
    ) -> None:
        super().__init__()
        self.up = Dense(beside + bottleneck, hidden, scale=1.0)
        self.first = ActivationNorm(norm)
        self.taps = Depthwise(hidden, dilation)
        self.second = ActivationNorm(norm)
        self.down = Dense(hidden, bottleneck, scale=scale)

    def forward(
        self, y: Float[Tensor, "batch channel frame"], seen: Float[Tensor, "batch looked frame"] | None = None
    ) -> Float[Tensor, "batch channel frame"]:
        """Same shape; `y` itself untouched. The block looks at `seen` where it is given, and adds to `y` even so."""
        x: Tensor = self.first(self.up(y if seen is None else seen))
        down: Tensor = self.down(self.second(self.taps(x)))
        return y + down

    def fast(
        self, y: Float[Tensor, "batch channel frame"], scratch: Scratch, keep: bool
    ) -> Float[Tensor, "batch channel frame"]:
        """The same for norm `instance` on a CPU, in half of the time; with gradients.

        Args:
            y: with aligned rows; `y` itself untouched.
            scratch: shared by the blocks of one pass.
            keep: the first product until the backward pass, instead of computing it again.
        """
        out: Tensor = FastBlock.apply(y, self.taps.dilation, keep, scratch, *self.weights())
        return out

    def fast_(self, y: Float[Tensor, "batch channel frame"], scratch: Scratch) -> None:
        """The same in place of `y`, without gradients."""
        weights = self.weights()
        for example in y:
            u = scratch("u", y, len(weights.up), y.shape[2])
            statistics = Statistics(*y.new_empty(4, len(weights.up), 1))
            add_block(example, example, weights, self.taps.dilation, u, scratch, statistics, spoil=True)

    def weights(self) -> Weights:
        """All parameters, as the fast path takes them."""
        one, two = self.first, self.second
        scale = torch.ones_like(one.gain) if self.down.scale is None else self.down.scale
        assert self.up.scale is not None
        return Weights(
            self.up.weight,
            self.up.scale,
            one.slope,
            one.gain,
            one.shift,
            self.taps.weight,
            self.taps.bias,
            two.slope,
            two.gain,
            two.shift,
            self.down.weight,
            scale,
        )
