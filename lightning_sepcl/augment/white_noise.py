"""White noise at a drawn signal-to-noise ratio."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.audio.level import db_to_amplitude, rms
from lightning_sepcl.augment.base import Augmentation, Params
from lightning_sepcl.augment.laws import in_order, uniform, whole_and_apart, whole_between


class WhiteNoise(Augmentation):
    """Adds Gaussian noise, each microphone its own of the same power, at a ratio drawn per example.

    Args:
        low_snr_db: lowest ratio of the example's power (over its whole length and all microphones) to the noise's.
        high_snr_db: highest such ratio.
        variant: `paper`: any ratio between the two; `code`: whole decibels, the highest excluded.

    Raises:
        ValueError: the ends are out of order, or no whole decibel lies between them where `code` needs one.

    Silence gets no noise: its ratio has no meaning.

    Source: CLAR, Al-Tahan and Mohsenzadeh 2021, section 3.4 (c), which leaves the range open; 0 to 20 dB is its code's.
    """

    domain = "wave"

    def __init__(
        self, low_snr_db: float = 0.0, high_snr_db: float = 20.0, variant: Literal["paper", "code"] = "paper"
    ) -> None:
        self.low_snr_db, self.high_snr_db = in_order(low_snr_db, high_snr_db, "WhiteNoise, low_snr_db and high_snr_db")
        self.variant = variant
        if variant == "code":
            whole_and_apart(low_snr_db, high_snr_db, "WhiteNoise, low_snr_db and high_snr_db", "decibels")

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`snr_db` (n,) and `noise` (n, mic, sample) of deviation 1."""
        law = uniform if self.variant == "paper" else whole_between
        snr_db = law(shape[0], self.low_snr_db, self.high_snr_db, generator)
        return {"snr_db": snr_db, "noise": torch.randn(shape, generator=generator)}

    def apply(self, x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
        """The wave plus the noise, whose power is the expected one: that of a short draw varies a little around it."""
        level: Tensor = rms(x, dim=(1, 2)) * db_to_amplitude(-params["snr_db"]).to(x.dtype)
        return torch.addcmul(x, params["noise"].to(x.dtype), level[:, None, None])
