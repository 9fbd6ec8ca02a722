"""Fade in and out: how a recording begins and ends says nothing about what sounds in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.augment.base import Augmentation, Params
from lightning_sepcl.augment.laws import whole_up_to

CURVES: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda t: t,
    lambda t: t * torch.exp2(t - 1),
    lambda t: (torch.log10(t + 0.1) + 1).clamp(0, 1),
    lambda t: torch.sin(t * (math.pi / 2)),
    lambda t: 0.5 - 0.5 * torch.cos(t * math.pi),
)
"""How loud it is at the share `t` of a fade: linear, exponential, logarithmic, quarter of a sine, half of a cosine."""
PAPER_CURVES = 3


class Fade(Augmentation):
    """Each example fades in and out along a curve of its own, the two lengths drawn apart; microphones alike.

    Args:
        largest: longest fade on either side, as a share of the example, 0 to 1.
        variant: `paper`: linear, exponential or logarithmic, a third each; `code`: quarter of a sine and half of a
            cosine too, a fifth each.

    Raises:
        ValueError: `largest` is not within 0..1.

    Source: CLAR, Al-Tahan and Mohsenzadeh 2021, section 3.4 (d); the formulas of the curves are those of its code.
    """

    domain = "wave"

    def __init__(self, largest: float = 0.5, variant: Literal["paper", "code"] = "paper") -> None:
        if not 0 <= largest <= 1:
            raise ValueError(f"Fade: `largest` is a share within 0..1, found {largest:g}")
        self.largest, self.variant = largest, variant

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`curve` (n,), its number, and `fade_in`, `fade_out` (n,) in samples."""
        longest = int(self.largest * shape[-1])
        curves = PAPER_CURVES
        if self.variant == "code":  # which stops a sample before the longest
            longest, curves = max(0, longest - 1), len(CURVES)
        n = shape[0]
        return {
            "curve": whole_up_to(torch.full((n,), curves - 1), generator),
            "fade_in": whole_up_to(torch.full((n,), longest), generator),
            "fade_out": whole_up_to(torch.full((n,), longest), generator),
        }

    def apply(self, x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
        """Only the fades' own samples are touched, on a CPU; elsewhere all at once."""
        return _row_by_row(x, params) if x.device.type == "cpu" else _all_at_once(x, params)


def _row_by_row(x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
    out, samples = x.clone(), x.shape[-1]
    count = torch.arange(samples, dtype=x.dtype)
    lengths = zip(params["curve"].tolist(), params["fade_in"].tolist(), params["fade_out"].tolist(), strict=True)
    for row, (curve, first, last) in enumerate(lengths):
        if first:
            out[row, :, :first] *= CURVES[curve](count[:first] / max(first - 1, 1))
        if last:
            out[row, :, samples - last :] *= CURVES[curve](1 - count[:last] / max(last - 1, 1))
    return out


def _all_at_once(x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
    count = torch.arange(x.shape[-1], dtype=x.dtype, device=x.device)
    first, last = params["fade_in"][:, None], params["fade_out"][:, None]
    into = torch.where(count < first, count / (first - 1).clamp(min=1), 1.0)
    before_end = count - (x.shape[-1] - last)
    out_of = torch.where(before_end >= 0, 1 - before_end / (last - 1).clamp(min=1), 1.0)
    gain = _curved(into, params["curve"]) * _curved(out_of, params["curve"])
    return x * gain[:, None]


def _curved(t: Float[Tensor, "n sample"], curve: Tensor) -> Float[Tensor, "n sample"]:
    out = t
    for number, formula in enumerate(CURVES[1:], start=1):
        out = torch.where(curve[:, None] == number, formula(t), out)
    return out
