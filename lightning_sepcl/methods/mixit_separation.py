"""MixIT: a separator learns from mixtures of mixtures, without ever hearing an isolated source."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.methods.separation import Separation, over_stages
from lightning_sepcl.objectives.mixit import MixIT
from lightning_sepcl.records import Batch
from lightning_sepcl.separation.base import Separator


class MixITSeparation(Separation):
    """Consecutive clips of a batch are summed; the estimates of the sum, added up rightly, must give both back.

    Args:
        separator: the network.
        objective: the loss under the best assignment.
        mixtures: clips in a mixture of mixtures; the batch size must be a multiple.
        kwargs: the arguments of `Learner`.

    Source: Wisdom et al. 2020 (MixIT); pairs as in the published code.
    """

    def __init__(self, separator: Separator, objective: MixIT | None = None, mixtures: int = 2, **kwargs: Any) -> None:
        super().__init__(separator, **kwargs)
        if not 2 <= mixtures <= separator.sources:
            raise ValueError(
                f"MixITSeparation: mixtures is {mixtures}, it must be 2 at least and no more than the separator's "
                f"{separator.sources} sources"
            )
        self.objective, self.mixtures = objective or MixIT(), mixtures

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Separate the sum, and give every estimate to the recording it came from."""
        recordings = self.grouped(self.recordings(batch))
        stages = self.separator.stages(recordings.sum(1, keepdim=True))
        loss = over_stages([self.objective(estimates, recordings) for estimates in stages])
        return loss, {"snr_gain_db": self._gain(stages[-1].detach(), recordings)}

    def grouped(self, recordings: Float[Tensor, "clip 1 sample"]) -> Float[Tensor, "mixture recording sample"]:
        """(clips / mixtures, mixtures, sample)

        Raises:
            ValueError: the clips cannot be grouped.
        """
        clips = len(recordings)
        if clips % self.mixtures:
            raise ValueError(
                f"MixITSeparation sums {self.mixtures} clips at a time, the batch has {clips}: set data.batch_size to "
                f"a multiple of {self.mixtures}"
            )
        return recordings.reshape(-1, self.mixtures, recordings.shape[-1])

    def _gain(self, estimates: Tensor, recordings: Tensor) -> Tensor:
        """By how many dB the loss lies below that of giving half of the sum back for each recording."""
        sums = recordings.sum(1, keepdim=True)
        nothing = sums.expand(-1, self.separator.sources, -1) / self.separator.sources
        gain: Tensor = self.objective(nothing, recordings) - self.objective(estimates, recordings)
        return gain
