"""Pitch shift: higher or lower, at the same tempo."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.audio.phase_vocoder import LARGEST_FACTOR, shift_pitch
from lightning_sepcl.augment.base import Params
from lightning_sepcl.augment.laws import in_order, uniform, whole_and_apart, whole_between
from lightning_sepcl.augment.vocoder import Vocoder

SEMITONES = 12
MOST = 36
"""Three octaves, as far as the vocoder goes."""


class PitchShift(Vocoder):
    """Each example higher or lower by semitones of its own, at the same tempo, by a phase vocoder.

    Microphones are turned alike: differences of phase between them stay. The pitch is true to 4 cents (9 at a sample
    rate of 4 kHz). Attacks are smeared over about half a window, as by every vocoder that does not look for them; a
    shorter window smears less and takes low notes apart less well.

    Args:
        low_semitones: lowest shift, -36 at least.
        high_semitones: highest shift, 36 at most.
        window_seconds: length of a frame.
        variant: `paper`: any shift between the two; `code`: whole semitones, the highest excluded.

    Raises:
        ValueError: the ends are out of order or beyond three octaves, or no whole semitone lies between them where
            `code` needs one.

    Source: CLAR, Al-Tahan and Mohsenzadeh 2021, section 3.4 (a): -15 to 15; semitones and the window, 2048 samples at
        16 kHz, are its code's.
    """

    def __init__(
        self,
        low_semitones: float = -15.0,
        high_semitones: float = 15.0,
        window_seconds: float = 0.128,
        variant: Literal["paper", "code"] = "paper",
    ) -> None:
        super().__init__(window_seconds)
        ends = in_order(low_semitones, high_semitones, "PitchShift, low_semitones and high_semitones")
        self.low_semitones, self.high_semitones = ends
        self.variant = variant
        if max(map(abs, ends)) > MOST:
            raise ValueError(f"PitchShift: {MOST} semitones either way are the most, found {ends[0]:g} to {ends[1]:g}")
        if variant == "code":
            whole_and_apart(*ends, "PitchShift, low_semitones and high_semitones", "semitones")

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`semitones` (n,)."""
        law = uniform if self.variant == "paper" else whole_between
        return {"semitones": law(shape[0], self.low_semitones, self.high_semitones, generator)}

    def apply(self, x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
        """One pass of the vocoder per example.

        Raises:
            RuntimeError: `prepare` was not called.
        """
        factor = torch.exp2(params["semitones"].double() / SEMITONES).clamp(1 / LARGEST_FACTOR, LARGEST_FACTOR)
        return shift_pitch(x, factor, self.hop)
