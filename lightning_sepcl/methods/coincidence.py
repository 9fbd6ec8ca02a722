"""Coincidence prediction: do these two embeddings come from the same clip?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.heads import CoincidenceHead
from lightning_sepcl.methods.base import Method
from lightning_sepcl.objectives.coincidence import Pairs, coincidence_of_pairs
from lightning_sepcl.records import Batch


class CoincidencePrediction(Method):
    """A classifier of pairs, trained on all pairs of a batch with both classes weighing the same.

    Args:
        front: clips -> views as features; two views.
        encoder: features -> embedding h.
        head: built from the encoder's width; a pair of h -> logit.
        pairs: with several processes, whose second views a first view is paired with: `local`, those of its own
            process, as in the paper; `gathered`, all, the same as one process with the joined batch.

    Source: separated scenes, section 3.2, eq. 2.
    """

    def __init__(
        self,
        front: FrontEnd,
        encoder: Encoder,
        head: Callable[[int], CoincidenceHead] = lambda dim: CoincidenceHead(dim),
        pairs: Pairs = "local",
        **kwargs: Any,
    ) -> None:
        super().__init__(front, encoder, **kwargs)
        if front.views.views != 2:
            raise ValueError(f"CoincidencePrediction needs 2 views, the front end makes {front.views.views}")
        self.head, self.pairs = head(encoder.dim), pairs

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Every first view against every second view; the diagonal are the pairs that coincide."""
        x = self.front(batch, generator).features
        first, second = self.encode(x).unbind(1)
        return coincidence_of_pairs(self.head, first, second, self.pairs)
