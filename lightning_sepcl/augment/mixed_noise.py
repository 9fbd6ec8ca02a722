"""Mixed noise: white, pink or brown, drawn example by example."""

from __future__ import annotations

import math
from typing import Literal

import torch

from lightning_sepcl.augment.base import Params
from lightning_sepcl.augment.laws import whole_and_apart, whole_up_to
from lightning_sepcl.augment.noise import Noise

SLOPES = (0.0, -1.0, -2.0)
"""Exponents of the power over frequency: white, pink, brown."""
NO_NOISE_DB = math.inf


class MixedNoise(Noise):
    """Adds white, pink or brown noise, a third each, at a ratio drawn per example; `Noise` draws any colour instead.

    Args:
        low_snr_db: lowest ratio of the example's power (over its whole length and all microphones) to the noise's.
        high_snr_db: highest such ratio.
        low_hz: no noise below it, where brown noise would spend nearly all its power unheard.
        variant: `paper`: as above; `code`: a fifth each, and two fifths of the examples get none (one of them got the
            recording of a fan, which was not published), the ratio in whole decibels, the highest excluded.

    Raises:
        ValueError: the ends are out of order, or no whole decibel lies between them where `code` needs one.

    Source: CLAR, Al-Tahan and Mohsenzadeh 2021, section 3.4 (c), which leaves the ratios open; 0 to 20 dB is what its
        code uses for white noise. Differs in both variants: that code multiplies pink and brown recordings, and the
        clip, by new random numbers at every sample, and cuts the sum's negative half off.
    """

    def __init__(
        self,
        low_snr_db: float = 0.0,
        high_snr_db: float = 20.0,
        low_hz: float = 50.0,
        variant: Literal["paper", "code"] = "paper",
    ) -> None:
        super().__init__(low_snr_db, high_snr_db, min(SLOPES), max(SLOPES), low_hz)
        self.variant = variant
        if variant == "code":
            whole_and_apart(low_snr_db, high_snr_db, "MixedNoise, low_snr_db and high_snr_db", "decibels")

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`snr_db`, `slope` (n,) and `phase` (n, mic, bin), as in `Noise`."""
        params = super().draw(shape, generator)
        n, code = shape[0], self.variant == "code"
        colour = whole_up_to(torch.full((n,), 4 if code else len(SLOPES) - 1), generator)
        params["slope"] = torch.tensor(SLOPES)[colour.clamp(max=len(SLOPES) - 1)]
        if code:
            params["snr_db"] = params["snr_db"].floor().clamp(max=self.high_snr_db - 1)
            params["snr_db"][colour >= len(SLOPES)] = NO_NOISE_DB
        return params
