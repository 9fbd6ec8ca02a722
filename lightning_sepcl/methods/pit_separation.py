"""Supervised separation: estimates are compared with the isolated sources, in whatever order fits best."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.methods.separation import Separation, over_stages
from lightning_sepcl.objectives.pit import PIT
from lightning_sepcl.records import Batch
from lightning_sepcl.separation.base import Separator


class PITSeparation(Separation):
    """Permutation-invariant training on clips that come with their sources (`data.sources=true`).

    The mixture is the sum of the sources; where a clip has fewer than the separator makes, the others are silent.

    Args:
        separator: the network.
        objective: the loss in the best order.
        kwargs: the arguments of `Learner`.

    Source: Yu et al. 2017; the mixture as in the published code of the FUSS baseline, which ignores the mixed file.
    """

    def __init__(self, separator: Separator, objective: PIT | None = None, **kwargs: Any) -> None:
        super().__init__(separator, **kwargs)
        self.objective = objective or PIT()

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Separate the sum of the sources and find them again."""
        sources = self.sources(batch)
        stages = self.separator.stages(sources.sum(1, keepdim=True))
        return over_stages([self.objective(estimates, sources) for estimates in stages]), {}

    def sources(self, batch: Batch) -> Float[Tensor, "clip source sample"]:
        """The isolated sources, as many as the separator makes.

        Raises:
            ValueError: the clips come without sources, or with more than the separator makes.
        """
        given = to_float(batch.wave[:, 1:, 0])
        if given.shape[1] == 0:
            raise ValueError("PITSeparation needs the isolated sources of the clips: set data.sources=true")
        if given.shape[1] > self.separator.sources:
            raise ValueError(
                f"the clips have up to {given.shape[1]} sources, the separator makes {self.separator.sources}: "
                "set the separator's `sources`"
            )
        return functional.pad(given, (0, 0, 0, self.separator.sources - given.shape[1]))
