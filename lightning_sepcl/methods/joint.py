"""Both tasks at once: SimCLR and coincidence prediction on one encoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.heads import CoincidenceHead, ProjectionHead
from lightning_sepcl.methods.base import Method
from lightning_sepcl.objectives.coincidence import Pairs, coincidence_of_pairs
from lightning_sepcl.objectives.nt_xent import NTXent
from lightning_sepcl.records import Batch


class Joint(Method):
    """The sum of both losses.

    With four views each task has a pair of its own, as in the paper's Figure 1; with two views they share one, which
    halves the cost of a step.

    Args:
        front: clips -> views as features; four views, or two to be shared.
        encoder: features -> embedding h.
        projection: head of the similarity task, built from the encoder's width.
        coincidence: head of the coincidence task, built from the encoder's width.
        objective: the contrastive loss.
        similarity_weight: of the contrastive loss in the sum.
        coincidence_weight: of the coincidence loss in the sum.
        pairs: as in `CoincidencePrediction`; the contrastive loss has its own `negatives`.

    Source: separated scenes, section 3.3 and Figure 1 (both weights 1).
    """

    def __init__(
        self,
        front: FrontEnd,
        encoder: Encoder,
        projection: Callable[[int], ProjectionHead] = lambda dim: ProjectionHead(dim),
        coincidence: Callable[[int], CoincidenceHead] = lambda dim: CoincidenceHead(dim),
        objective: NTXent | None = None,
        similarity_weight: float = 1.0,
        coincidence_weight: float = 1.0,
        pairs: Pairs = "local",
        **kwargs: Any,
    ) -> None:
        super().__init__(front, encoder, **kwargs)
        if front.views.views not in (2, 4):
            raise ValueError(
                f"Joint needs 4 views, or 2 that both tasks share; the front end makes {front.views.views}"
            )
        self.projection, self.coincidence = projection(encoder.dim), coincidence(encoder.dim)
        self.objective = objective or NTXent()
        self.similarity_weight, self.coincidence_weight, self.pairs = similarity_weight, coincidence_weight, pairs

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """The first two views for similarity, the last two for coincidence (the same two where there are only two)."""
        x = self.front(batch, generator).features
        h = self.encode(x)
        similarity = self.objective(self.projection(h[:, :2]))
        coincidence, parts = coincidence_of_pairs(self.coincidence, h[:, -2], h[:, -1], self.pairs)
        loss = self.similarity_weight * similarity + self.coincidence_weight * coincidence
        return loss, {"similarity": similarity.detach(), "coincidence": coincidence.detach(), **parts}
