"""The network inside TDCN++ with an embedding joined to its first layer, or to all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from lightning_sepcl.records import FrameEmbedding
from lightning_sepcl.separation.block import Block
from lightning_sepcl.separation.conditioning import Combination, Conditioning, EmbeddingInput, FrameGrid
from lightning_sepcl.separation.tdcn import TDCN


class ConditionedTDCN(TDCN):
    """TDCN that also looks at an embedding, which stands in front of a layer's input or gates it.

    With layers `all`, every block looks at [embedding, y] or at embedding · y, through a 1×1 layer and a norm of its
    own, and adds to y as ever; skip residuals stay between the ys. Blocks then take the plain path.

    Args:
        features: channels in, without the embedding's.
        conditioning: how the embedding is joined.
        bottleneck: channels between the blocks.
        settings: the other arguments of `TDCN`.

    Source: Tzinis et al. 2020, section 3.2 and fig. 2. Differs: its residual's dense layer is as wide as the block's
        input; what it would add to the embedding's channels, the embedding's own 1×1 layer can give.
    """

    def __init__(self, features: int, conditioning: Conditioning, bottleneck: int, **settings: Any) -> None:
        every = conditioning.layers == "all"
        beside = conditioning.beside()
        super().__init__(beside + features, bottleneck, beside=beside if every else 0, **settings)
        self.conditioning = conditioning
        self.entry = self._entry(features)
        self.entries = nn.ModuleList(self._entry(bottleneck) for _ in self.blocks if every)

    def forward(  # type: ignore[override]  # it cannot do without the embedding
        self, features: Float[Tensor, "batch feature frame"], embedding: FrameEmbedding, grid: FrameGrid
    ) -> Float[Tensor, "batch channel frame"]:
        """The core of the network's output; `grid` says where the features' frames lie."""
        y: Tensor = self.initial(_joined(self.entry(embedding, grid), features, self.conditioning.combination))
        if not self.entries:
            return self._through_blocks(y, self._fast_run() if self._takes_fast_path(y) else self._plain_run)
        inputs = {block: entry(embedding, grid) for block, entry in zip(self.blocks, self.entries, strict=True)}
        return self._through_blocks(y, lambda block, y: self._conditioned_run(block, y, inputs))

    def _entry(self, looked_at: int) -> EmbeddingInput:
        own = self.conditioning
        width = own.width if own.combination == "concatenate" else looked_at
        return EmbeddingInput(own.channels, width, own.activation)

    def _conditioned_run(self, block: Block, y: Tensor, inputs: Mapping[nn.Module, Tensor]) -> Tensor:
        seen = _joined(inputs[block], y, self.conditioning.combination)
        if self.recompute and torch.is_grad_enabled():
            return cast(Tensor, checkpoint(block, y, seen, use_reentrant=False))
        return cast(Tensor, block(y, seen))


def _joined(entry: Tensor, y: Tensor, combination: Combination) -> Tensor:
    """[V_in, y] or V_in · y, as the paper writes them."""
    return torch.cat([entry, y], 1) if combination == "concatenate" else entry * y
