"""Supervised training of the same encoder: the ceiling that self-supervised figures are read against."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.heads import LinearClassifier, ProjectionHead
from lightning_sepcl.methods.base import Method
from lightning_sepcl.objectives.supervised import BinaryCrossEntropy, CrossEntropy
from lightning_sepcl.records import Batch

HIDDEN = 512
"""Units of the layers before the classes. Source: CLAR's code; the paper does not say."""


class Supervised(Method):
    """A classifier on h, trained together with the encoder on labelled clips.

    Cross-entropy where a clip has one class, binary cross-entropy where it can have several.

    Args:
        front: clips -> views as features; each view is an example of its own.
        encoder: features -> embedding h.
        label_smoothing: share of the target spread over all classes; for single-label data.
        head_layers: linear layers of the classifier; those before the last have 512 units.

    Source: for 3 layers CLAR, section 3.2.
    """

    def __init__(
        self, front: FrontEnd, encoder: Encoder, label_smoothing: float = 0.0, head_layers: int = 1, **kwargs: Any
    ) -> None:
        super().__init__(front, encoder, **kwargs)
        if not self.class_names:
            raise ValueError("Supervised needs labels: this data set has no classes")
        classes = len(self.class_names)
        self.head: nn.Module = LinearClassifier(encoder.dim, classes)
        if head_layers != 1:
            self.head = ProjectionHead(encoder.dim, hidden=HIDDEN, out=classes, layers=head_layers)
        self.objective = BinaryCrossEntropy() if self.multi_label else CrossEntropy(label_smoothing)

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Every view has to name the classes of its clip."""
        x = self.front(batch, generator).features
        logits = self.head(self.encode(x))  # (batch, view, class)
        views = logits.shape[1]
        target, labelled = batch.target.repeat_interleave(views, 0), batch.labelled.repeat_interleave(views)
        return self.objective(logits.flatten(0, 1), target, labelled), {}
