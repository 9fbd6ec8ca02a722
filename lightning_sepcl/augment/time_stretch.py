"""Time stretch: faster or slower, at the same pitch."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.audio.phase_vocoder import LARGEST_FACTOR, shift_pitch, stretch
from lightning_sepcl.augment.base import Params
from lightning_sepcl.augment.laws import in_order, uniform
from lightning_sepcl.augment.vocoder import Vocoder


class TimeStretch(Vocoder):
    """Each example at a tempo of its own, by a phase vocoder, then cut or filled with silence to its old length.

    Args:
        low_rate: slowest tempo; 0.5 is half as fast, of which the first half is kept.
        high_rate: fastest tempo; 2 is twice as fast, followed by as much silence.
        window_seconds: length of a frame; attacks are smeared over about half of it.
        variant: `paper`: as above; `code`: the stretched example is resampled back to its old length, so that the
            tempo stays and the PITCH falls by the rate: 440 Hz at a rate of 0.5 become 880 Hz.

    Raises:
        ValueError: the ends are out of order or not within 1/8..8.

    Source: CLAR, Al-Tahan and Mohsenzadeh 2021, section 3.4 (c), time stretching; "down-sampled or cropped" is read as
        cropped. What the paper leaves open, silence behind a faster example and the window, is ours and its code's.
    """

    def __init__(
        self,
        low_rate: float = 0.5,
        high_rate: float = 1.5,
        window_seconds: float = 0.128,
        variant: Literal["paper", "code"] = "paper",
    ) -> None:
        super().__init__(window_seconds)
        self.low_rate, self.high_rate = in_order(low_rate, high_rate, "TimeStretch, low_rate and high_rate")
        if low_rate < 1 / LARGEST_FACTOR or high_rate > LARGEST_FACTOR:
            raise ValueError(f"TimeStretch: rates must be within 1/8..8, found {low_rate:g} to {high_rate:g}")
        self.variant = variant

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`rate` (n,)."""
        return {"rate": uniform(shape[0], self.low_rate, self.high_rate, generator)}

    def apply(self, x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
        """One pass of the vocoder per example.

        Raises:
            RuntimeError: `prepare` was not called.
        """
        if self.variant == "code":
            return shift_pitch(x, 1 / params["rate"].double(), self.hop)
        return stretch(x, params["rate"].double(), self.hop)
