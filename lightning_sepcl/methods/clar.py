"""CLAR: similarity of two views and the classes of the labelled clips, both at once on one projection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.heads import ClassBranch, ProjectionHead
from lightning_sepcl.methods.base import Method
from lightning_sepcl.objectives.nt_xent import NTXent
from lightning_sepcl.objectives.supervised import BinaryCrossEntropy, CrossEntropy
from lightning_sepcl.records import Batch


class CLAR(Method):
    """NT-Xent on the projections of all clips, plus cross-entropy behind them on the labelled ones.

    Clips without a label take part in the first term alone; a batch without any label has no second term. How many
    labels there are is the data module's `label_fraction`.

    Args:
        front: clips -> views as features; two views.
        encoder: features -> embedding h.
        head: built from the encoder's width; h -> z, which the contrastive loss sees.
        objective: the contrastive loss.
        cross_entropy_weight: factor on the second term.
        variant: `paper`: a linear layer from z to the classes, the cross-entropy a mean over both views; `code`: batch
            norm and ReLU before that layer, and the two views' cross-entropies added up, so that the second term
            weighs twice as much. (The code's head has 2 layers with batch norm instead of 3 without.)

    Source: Al-Tahan and Mohsenzadeh 2021, section 3.3, eq. 3. What it leaves open: with several processes the
        cross-entropy is a mean over each process's labelled clips.
    """

    def __init__(
        self,
        front: FrontEnd,
        encoder: Encoder,
        head: Callable[[int], ProjectionHead] = lambda dim: ProjectionHead(dim, hidden=512, layers=3),
        objective: NTXent | None = None,
        cross_entropy_weight: float = 1.0,
        variant: Literal["paper", "code"] = "paper",
        **kwargs: Any,
    ) -> None:
        super().__init__(front, encoder, **kwargs)
        if not self.class_names:
            raise ValueError("CLAR needs labels: this data set has no classes; SimCLR does without")
        if cross_entropy_weight < 0:
            raise ValueError(f"CLAR: `cross_entropy_weight` is {cross_entropy_weight}, it must not be below 0")
        self.head = head(encoder.dim)
        self.classes = ClassBranch(self.head.out.out_features, len(self.class_names), variant)
        self.objective = objective or NTXent(temperature=0.5)
        self.cross_entropy = BinaryCrossEntropy() if self.multi_label else CrossEntropy()
        self.cross_entropy_weight, self.variant = cross_entropy_weight, variant

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Which two views belong together, and what class is each view of?"""
        x = self.front(batch, generator).features  # (batch, view, channel, freq, frame)
        z = self.head(self.encode(x))  # (batch, view, dim)
        views = z.shape[1]
        similarity = self.objective(z)
        target, labelled = batch.target.repeat_interleave(views, 0), batch.labelled.repeat_interleave(views)
        classes = self.cross_entropy(self.classes(z).flatten(0, 1), target, labelled)
        if self.variant == "code":
            classes = views * classes
        parts = {"nt_xent": similarity, "cross_entropy": classes, "labelled": batch.labelled.float().mean()}
        return similarity + self.cross_entropy_weight * classes, parts
