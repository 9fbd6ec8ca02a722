"""An encoder or a classifier as a graph: features, network and readout as plain operations in one module."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from lightning_sepcl.deploy.audio_classifier import AudioClassifier
from lightning_sepcl.deploy.audio_encoder import AudioEncoder
from lightning_sepcl.deploy.graph_features import graph_feature


class GraphEncoder(nn.Module):
    """Waves (n, sample) of a window at least -> (embedding or logits, frame embeddings).

    Args:
        model: on the CPU.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, model: AudioEncoder | AudioClassifier) -> None:
        super().__init__()
        source = model.encoder if isinstance(model, AudioClassifier) else model
        self.feature, self.encoder = graph_feature(source.feature), copy.deepcopy(source.encoder)
        self.encoder.to(memory_format=torch.contiguous_format)  # other programs lay maps out as they like
        self.readout = source.readout
        self.head = copy.deepcopy(model.head) if isinstance(model, AudioClassifier) else nn.Identity()
        known = source.standardise
        self.register_buffer("mean", torch.zeros(()) if known is None else known.mean.clone())
        self.register_buffer("std", torch.ones(()) if known is None else known.std.clone())

    def forward(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """(n, dim) or (n, class), and (n, dim, frame)."""
        x = (self.feature(wave) - self.mean) / self.std
        blocks = self.encoder.blocks(x)
        return self.head(self.readout(self.encoder, x, blocks)), self.encoder.frames(blocks)


def example_wave(samples: int) -> Tensor:
    """What a graph is recorded with: two seeded noises."""
    return 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(0))
