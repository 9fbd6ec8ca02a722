"""What a phase vocoder knows of two frames: how much louder one is, and by what their phases differ."""

from __future__ import annotations

import torch
from jaxtyping import Complex, Float
from torch import Tensor

SILENT_POWER = 1e-30
"""Of a bin: below it there is no magnitude to speak of; far above the smallest number of float32."""


def growth(x: Complex[Tensor, "mic frame freq"]) -> Float[Tensor, "mic frame freq"]:
    """How many times louder the next frame is; behind the last frame there is silence."""
    loud = power(x).clamp_(min=SILENT_POWER)
    following = torch.cat([loud[:, 1:], torch.full_like(loud[:, :1], SILENT_POWER)], 1)
    return following.div_(loud).sqrt_()


def unit(cross: Complex[Tensor, "*axes"]) -> Complex[Tensor, "*axes"]:
    """The same angles at magnitude 1. Silence has no phase: it becomes 1."""
    strength = power(cross)
    return torch.where(strength > SILENT_POWER, cross * strength.clamp(min=SILENT_POWER).rsqrt(), 1.0)


def power(x: Complex[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
    """Parts apart: arithmetic on every second number is several times slower."""
    real, imaginary = x.real.contiguous(), x.imag.contiguous()
    return torch.addcmul(real.square(), imaginary, imaginary)
