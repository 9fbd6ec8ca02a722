"""What training a separator shares: one microphone in, estimates out, and estimates of whole clips for evaluation."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.methods.learner import Learner
from lightning_sepcl.records import Batch
from lightning_sepcl.separation.base import Separator


class Separation(Learner):
    """Base class of the ways to train a separator: extend it and say the idea in `loss`.

    Args:
        separator: the network.
        kwargs: the arguments of `Learner`.

    Raises:
        ValueError: separator and data have different sample rates.
    """

    def __init__(self, separator: Separator, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if separator.sample_rate != self.sample_rate:
            raise ValueError(
                f"{type(separator).__name__} is made for {separator.sample_rate} Hz, the data come at "
                f"{self.sample_rate} Hz: set data.sample_rate or the separator's"
            )
        self.separator = separator

    def recordings(self, batch: Batch) -> Float[Tensor, "clip 1 sample"]:
        """The clips as recorded, full scale 1.

        Raises:
            ValueError: several microphones.
        """
        wave = to_float(batch.wave[:, 0])
        if wave.shape[1] != 1:
            raise ValueError(f"separation takes one microphone, the clips have {wave.shape[1]}: set data.mono=true")
        return wave

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        """Estimates of a batch, for the evaluation callback; nothing for the clips that are trained on."""
        return self.predict_step(batch, batch_idx, dataloader_idx) if self.judges(dataloader_idx) else {}

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        """Estimates of a batch, for the evaluation callback; nothing for the clips that were trained on."""
        return self.predict_step(batch, batch_idx, dataloader_idx) if self.judges(dataloader_idx, last=2) else {}

    def predict_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        """`estimates` (clip, source, sample) of the clips as recorded, each clip at its own length."""
        waves = self.recordings(batch)
        out = waves.new_zeros(len(waves), self.separator.sources, waves.shape[-1])
        for samples in sorted(set(batch.length.tolist())):  # statistics over time must not see the padding
            rows = (batch.length == samples).nonzero()[:, 0]
            out[rows, :, :samples] = self.estimates(waves[rows, :, :samples], batch, rows).to(out.dtype)
        return {"estimates": out}

    def estimates(self, wave: Tensor, batch: Batch, rows: Tensor) -> Tensor:
        """Estimates (clip, source, sample) of the recordings `wave` (clip, 1, sample), some rows of the batch."""
        separated: Tensor = self.separator(wave)
        return separated


def over_stages(losses: list[Tensor]) -> Tensor:
    """The sum of the losses of an iterative separator's stages; of the others, their one loss."""
    return torch.stack(losses).sum()
