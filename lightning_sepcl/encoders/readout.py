"""What of an encoder is evaluated: its embedding h, or more of what its blocks hold."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.encoders.base import Encoder


class Readout(ABC):
    """Base class of the readouts: one row per example from one forward pass that all readouts share."""

    @abstractmethod
    def __call__(
        self, encoder: Encoder, features: Float[Tensor, "n channel freq frame"], blocks: list[Tensor]
    ) -> Float[Tensor, "n width"]:
        """A row per example, float32, with a gradient unless the caller forbids it.

        Args:
            encoder: whose `blocks(features)` the third argument is.
            features: what went in.
            blocks: the maps of every block before its pooling, shallow to deep.
        """


class PooledEmbedding(Readout):
    """The embedding h itself: what the loss was computed on, and what the papers' tables show."""

    def __call__(
        self, encoder: Encoder, features: Float[Tensor, "n channel freq frame"], blocks: list[Tensor]
    ) -> Float[Tensor, "n {encoder.dim}"]:
        """h of every example."""
        return encoder.pooled(blocks).float()


class BlockStatistics(Readout):
    """Mean, maximum and deviation over time of the last blocks' maps, averaged over frequency.

    The deepest layers serve the contrastive task; a probe finds more in the blocks before them.

    Args:
        last: how many blocks, counted from the deepest.
        with_features: add the same statistics of the features themselves, per frequency bin, and the deviation of
            their frame differences. These need no training: name the readout so that a reader sees them.
    """

    def __init__(self, last: int = 3, with_features: bool = False) -> None:
        if last < 1:
            raise ValueError(f"BlockStatistics: `last` is {last}, it must be at least 1")
        self.last, self.with_features = last, with_features

    def __call__(
        self, encoder: Encoder, features: Float[Tensor, "n channel freq frame"], blocks: list[Tensor]
    ) -> Float[Tensor, "n width"]:
        """Block by block, shallow to deep: means, maxima, deviations; those of the features last.

        Raises:
            ValueError: the encoder has fewer blocks than `last`.
        """
        if len(blocks) < self.last:
            raise ValueError(
                f"BlockStatistics: `last` is {self.last}, but {type(encoder).__name__} has {len(blocks)} blocks"
            )
        rows = [_over_time(block.float().mean(2)) for block in blocks[-self.last :]]
        if self.with_features:
            bands = features.float().flatten(1, 2)
            rows += [_over_time(bands), bands.diff(dim=-1).std(-1, correction=0)]
        return torch.cat(rows, 1)


def _over_time(tracks: Float[Tensor, "n track frame"]) -> Float[Tensor, "n statistic"]:
    return torch.cat([tracks.mean(-1), tracks.amax(-1), tracks.std(-1, correction=0)], 1)
