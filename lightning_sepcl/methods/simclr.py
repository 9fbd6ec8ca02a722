"""SimCLR: two views of a clip attract, views of other clips of the batch repel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.heads import ProjectionHead
from lightning_sepcl.methods.base import Method
from lightning_sepcl.objectives.nt_xent import NTXent
from lightning_sepcl.records import Batch


class SimCLR(Method):
    """Similarity maximisation with NT-Xent.

    Args:
        front: clips -> views as features; two views.
        encoder: features -> embedding h.
        head: built from the encoder's width; h -> z, which only the loss sees.
        objective: the contrastive loss.

    Source: Chen et al. 2020; for audio: separated scenes, section 3.1.
    """

    def __init__(
        self,
        front: FrontEnd,
        encoder: Encoder,
        head: Callable[[int], ProjectionHead] = lambda dim: ProjectionHead(dim),
        objective: NTXent | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(front, encoder, **kwargs)
        self.head = head(encoder.dim)
        self.objective = objective or NTXent()

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Two views of each clip, one encoder, one head: which two belong together?"""
        x = self.front(batch, generator).features  # (batch, view, channel, freq, frame)
        h = self.encode(x)  # (batch, view, dim)
        z = self.head(h)
        return self.objective(z), {"h_std": h.detach().std(0).mean()}
