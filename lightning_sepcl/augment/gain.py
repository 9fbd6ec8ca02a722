"""Gain: how loud a recording is says nothing about what sounds in it."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.audio.level import db_to_amplitude
from lightning_sepcl.augment.base import Augmentation, Params
from lightning_sepcl.augment.laws import in_order, uniform


class Gain(Augmentation):
    """Each example louder or quieter by a number of decibels, uniform between two ends; all microphones alike.

    Nothing is clipped: float waves may leave full scale.

    Args:
        low_db: lowest gain in dB.
        high_db: highest gain in dB.
    """

    domain = "wave"

    def __init__(self, low_db: float = -6.0, high_db: float = 6.0) -> None:
        self.low_db, self.high_db = in_order(low_db, high_db, "Gain, low_db and high_db")

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`gain_db` (n,)."""
        return {"gain_db": uniform(shape[0], self.low_db, self.high_db, generator)}

    def apply(self, x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
        """One factor per example."""
        return x * db_to_amplitude(params["gain_db"]).to(x.dtype)[:, None, None]
