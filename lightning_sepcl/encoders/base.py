"""What every encoder is: features in, one embedding per clip and one per frame out."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Encoder(nn.Module, ABC):
    """Base class of the encoders; a head is built from `dim`, so that changing the encoder changes one line.

    Attributes:
        dim: width D of the embedding.
        channels: feature channels it expects.
        time_stride: feature frames per embedding frame: `feature.frame_rate / time_stride` embeddings a second.
    """

    dim: int
    channels: int
    time_stride: int

    @abstractmethod
    def blocks(self, x: Tensor) -> list[Tensor]:
        """The maps of every block before its pooling, shallow to deep, each (n, width, freq, frame)."""

    @abstractmethod
    def frames(self, blocks: list[Tensor]) -> Tensor:
        """Frame embeddings (n, dim, frame) from what `blocks` returned."""

    def pooled(self, blocks: list[Tensor]) -> Tensor:
        """Clip embedding h (n, dim) from what `blocks` returned: the frame embeddings' maximum over time."""
        return self.frames(blocks).amax(-1)

    def forward(self, x: Tensor) -> Tensor:
        """Clip embedding h (n, dim) of features (n, channel, freq, frame)."""
        return self.pooled(self.blocks(x))
