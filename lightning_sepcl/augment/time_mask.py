"""Time mask: a stretch of the wave is hidden behind faint noise or a constant."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.augment.base import Augmentation, Params
from lightning_sepcl.augment.laws import whole_up_to


class TimeMask(Augmentation):
    """Hides one stretch of each example, on all microphones, at a place of its own.

    Args:
        largest: longest mask, as a share of the example, 0 to 1.
        noise: standard deviation of the noise that hides; every sample and every microphone has its own.
        constant: value that hides where noise does not.
        variant: `paper`: any length up to the longest, noise for half of the examples and the constant for the others;
            `code`: always the longest, always noise.

    Raises:
        ValueError: `largest` is not within 0..1, or `noise` is below 0.

    Source: CLAR, Al-Tahan and Mohsenzadeh 2021, section 3.4, time masking. Differs: its code tosses a coin whether to
        mask at all (`Sometimes` does that here), and masks the clip itself, so that its second view had the mask too.
    """

    domain = "wave"

    def __init__(
        self,
        largest: float = 0.125,
        noise: float = 0.01,
        constant: float = 0.0,
        variant: Literal["paper", "code"] = "paper",
    ) -> None:
        if not 0 <= largest <= 1 or noise < 0:
            raise ValueError(
                f"TimeMask: `largest` is a share within 0..1 and `noise` not below 0, found {largest:g} and {noise:g}"
            )
        self.largest, self.noise, self.constant, self.variant = largest, noise, constant, variant

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`start` and `length` (n,) in samples, and `hidden_by` (n, mic, longest), of which the beginning is used."""
        n, mics, samples = shape
        longest = int(self.largest * samples)
        length = torch.full((n,), longest)
        if self.variant == "paper":
            length = whole_up_to(length, generator)
        # The published code never lets a mask touch the end.
        room = samples - length - (1 if self.variant == "code" else 0)
        start = whole_up_to(room.clamp(min=0), generator)
        hidden_by = torch.zeros(n, mics, longest)
        by_noise = torch.rand(n, generator=generator) < (0.5 if self.variant == "paper" else 1.0)
        for row, (noisy, end) in enumerate(zip(by_noise.tolist(), length.tolist(), strict=True)):
            # Random numbers are the expensive part: none where nothing is hidden by them.
            used = hidden_by[row, :, :end]
            used.normal_(0, self.noise, generator=generator) if noisy else used.fill_(self.constant)
        return {"start": start, "length": length, "hidden_by": hidden_by}

    def apply(self, x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
        """A copy per example on a CPU; elsewhere all at once."""
        return _row_by_row(x, params) if x.device.type == "cpu" else _all_at_once(x, params)


def _row_by_row(x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
    out = x.clone()
    spans = zip(params["start"].tolist(), params["length"].tolist(), strict=True)
    for row, (start, length) in enumerate(spans):
        out[row, :, start : start + length] = params["hidden_by"][row, :, :length]
    return out


def _all_at_once(x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
    longest = params["hidden_by"].shape[-1]
    if not longest:
        return x.clone()
    place = torch.arange(x.shape[-1], device=x.device) - params["start"][:, None]
    hidden = (place >= 0) & (place < params["length"][:, None])
    place = place.clamp(0, longest - 1)[:, None].expand(-1, x.shape[1], -1)
    return torch.where(hidden[:, None], params["hidden_by"].gather(-1, place).to(x.dtype), x)
