"""Shift in time: when a sound begins says nothing about what it is."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.audio.framing import crop
from lightning_sepcl.augment.base import Augmentation, Params
from lightning_sepcl.augment.laws import whole_up_to


class TimeShift(Augmentation):
    """Each example earlier or later by whole samples, uniform within +-`max_seconds`; microphones stay together.

    Args:
        max_seconds: greatest shift either way; more than the example's length counts as its length.
        wrap: what leaves at one end comes in at the other; otherwise silence comes in.
        max_share: greatest shift as a share of the example's length, 0 to 1, instead of `max_seconds`.

    Source: CLAR, Al-Tahan and Mohsenzadeh 2021, section 3.4, time shift: half of the example, wrapped; half of a second
        in its code, whatever the length.
    """

    domain = "wave"

    def __init__(self, max_seconds: float = 0.1, wrap: bool = False, max_share: float | None = None) -> None:
        if max_seconds < 0:
            raise ValueError(f"TimeShift: max_seconds must not be below 0, found {max_seconds:g}")
        if max_share is not None and not 0 <= max_share <= 1:
            raise ValueError(f"TimeShift: max_share is a share within 0..1, found {max_share:g}")
        self.max_seconds, self.wrap, self.max_share = max_seconds, wrap, max_share

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`shift` (n,) in samples; above 0 is later."""
        most = self._most(shape[-1])
        return {"shift": whole_up_to(torch.full((shape[0],), 2 * most), generator) - most}

    def apply(self, x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
        """Two copies per example on a CPU; elsewhere a crop per example out of the wave with margins on both sides."""
        if x.device.type == "cpu":
            return _row_by_row(x, params["shift"].tolist(), self.wrap)
        return self._all_at_once(x, params)

    def _all_at_once(self, x: Float[Tensor, "n mic sample"], params: Params) -> Float[Tensor, "n mic sample"]:
        most = self._most(x.shape[-1])
        with_margins = F.pad(x, (most, most), mode="circular" if self.wrap else "constant")
        return crop(with_margins, most - params["shift"], x.shape[-1])

    def _most(self, samples: int) -> int:
        if self.max_share is not None:
            return round(self.max_share * samples)
        return min(round(self.max_seconds * self.sample_rate), samples)


def _row_by_row(x: Float[Tensor, "n mic sample"], shifts: list[int], wrap: bool) -> Float[Tensor, "n mic sample"]:
    out, samples = torch.empty_like(x), x.shape[-1]
    for row, shift in enumerate(shifts):
        # What stood before `cut` follows on what stood behind it.
        cut = samples - shift if shift > 0 else -shift
        out[row, :, samples - cut :] = x[row, :, :cut] if wrap or shift > 0 else 0
        out[row, :, : samples - cut] = x[row, :, cut:] if wrap or shift <= 0 else 0
    return out
