"""The network inside TDCN++: dense to the bottleneck, then repeats of blocks with growing dilations."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from lightning_sepcl.separation.block import Block
from lightning_sepcl.separation.dense import Dense
from lightning_sepcl.separation.norm import NormKind
from lightning_sepcl.separation.scratch import Scratch, aligned, aligned_empty


class TDCN(nn.Module):
    """Features (batch, feature, frame) -> (batch, bottleneck, frame), linear behind the last block.

    Block b of all has dilation 2^(b mod blocks). With `skip_residual`, each repeat's input is also added, through
    a dense layer of its own, to the inputs of all later repeats.

    Args:
        features: channels in.
        bottleneck: channels between the blocks.
        hidden: channels inside a block.
        repeats: how often the dilations start again at 1.
        blocks: blocks per repeat.
        skip_residual: whether repeats are joined by longer residual paths.
        norm: over what the blocks' norms take mean and variance.
        block_scale: block b's contribution begins with the factor block_scale^b; None: no factors.
        recompute: keep less for the backward pass and compute it again there.
        fast: whether the fast path may be taken.
        beside: further channels that every block looks at; only `ConditionedTDCN` has them.

    Source: Kavalerov et al. 2019.
    """

    def __init__(
        self,
        features: int,
        bottleneck: int = 256,
        hidden: int = 512,
        repeats: int = 4,
        blocks: int = 8,
        skip_residual: bool = False,
        norm: NormKind = "instance",
        block_scale: float | None = 0.9,
        recompute: bool = False,
        fast: bool = True,
        beside: int = 0,
    ) -> None:
        super().__init__()
        self.repeats, self.recompute, self.fast = repeats, recompute, fast
        self.norm: NormKind = norm
        self.initial = Dense(features, bottleneck, bias=True, scale=1.0)
        self.blocks = nn.ModuleList(
            Block(bottleneck, hidden, 2 ** (b % blocks), norm, None if block_scale is None else block_scale**b, beside)
            for b in range(repeats * blocks)
        )
        pairs = [(early, late) for late in range(repeats) for early in range(late)] if skip_residual else []
        self.skips = nn.ModuleDict(
            {f"{early}_to_{late}": Dense(bottleneck, bottleneck, bias=True, scale=1.0) for early, late in pairs}
        )

    def forward(self, features: Float[Tensor, "batch feature frame"]) -> Float[Tensor, "batch channel frame"]:
        """The core of the network's output; masks are read from it."""
        y: Tensor = self.initial(features)
        return self._through_blocks(y, self._fast_run() if self._takes_fast_path(y) else self._plain_run)

    def _through_blocks(self, y: Tensor, run: Callable[[Block, Tensor], Tensor]) -> Tensor:
        """All repeats, each block by `run`."""
        inputs: list[Tensor] = []
        per_repeat = len(self.blocks) // self.repeats
        for repeat in range(self.repeats):
            for early, start in enumerate(inputs):
                y = y + self.skips[f"{early}_to_{repeat}"](start)
            if self.skips:
                inputs.append(y)
            for block in self.blocks[repeat * per_repeat : (repeat + 1) * per_repeat]:
                y = run(cast(Block, block), y)
        return y

    def _takes_fast_path(self, y: Tensor) -> bool:
        """Where it is defined, and faster; on a GPU each block would also have to wait for its slopes."""
        return (
            self.fast
            and self.norm == "instance"
            and y.device.type == "cpu"
            and y.dtype in (torch.float32, torch.float64)
            and self.initial.weight.dtype == y.dtype
            and not torch.is_autocast_enabled("cpu")
            and not torch.compiler.is_compiling()
        )

    def _fast_run(self) -> Callable[[Block, Tensor], Tensor]:
        """Runs blocks on the fast path, in place from the second block of a repeat on where no gradient is asked for.

        The first one leaves its input alone: skip residuals still want it.
        """
        scratch, previous = Scratch(), None

        def run(block: Block, y: Tensor) -> Tensor:
            nonlocal previous
            if self._needs_gradient(block, y):
                return block.fast(aligned(y), scratch, keep=not self.recompute)
            if y is not previous:
                y = aligned_empty(y, *y.shape).copy_(y)
            block.fast_(y, scratch)
            previous = y
            return y

        return run

    @staticmethod
    def _needs_gradient(block: Block, y: Tensor) -> bool:
        return torch.is_grad_enabled() and (y.requires_grad or any(p.requires_grad for p in block.parameters()))

    def _plain_run(self, block: Block, y: Tensor) -> Tensor:
        if self.recompute and torch.is_grad_enabled():
            kept: Tensor = checkpoint(block, y, use_reentrant=False)
            return kept
        out: Tensor = block(y)
        return out
