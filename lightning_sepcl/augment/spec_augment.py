"""SpecAugment: bands and stretches of time are hidden, and time is bent a little."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from lightning_sepcl.augment.base import Augmentation, Params
from lightning_sepcl.augment.interpolation import interpolate
from lightning_sepcl.augment.laws import whole_up_to


class SpecAugment(Augmentation):
    """Time warp, then frequency masks and time masks; the same for all channels of an example.

    A mask's width is uniform in 0..max, its place uniform among those that fit. The warp moves one inner frame by
    up to `warp_frames` and stretches both sides to fit, the ends staying where they are.

    Args:
        freq_masks: number of hidden bands.
        time_masks: number of hidden stretches of time.
        max_bands: greatest width of a frequency mask in bins.
        max_frames: greatest width of a time mask in frames.
        warp_frames: greatest move of the warp in frames; 0: no warp.
        mask_value: what hides: `zero` (the mean, once features are standardised), or the example's own `mean` or
            `min`, channel by channel.

    Source: Park et al. 2019; the sizes are those of separated scenes, section 4.2. Differs: with the frequency axis
        held still the original's spline warp is a piecewise linear one, which is what is done here.
    """

    domain = "feature"

    def __init__(
        self,
        freq_masks: int = 2,
        time_masks: int = 2,
        max_bands: int = 10,
        max_frames: int = 10,
        warp_frames: int = 8,
        mask_value: Literal["zero", "mean", "min"] = "zero",
    ) -> None:
        if min(freq_masks, time_masks, max_bands, max_frames, warp_frames) < 0:
            raise ValueError("SpecAugment: numbers and widths of masks and the warp must not be below 0")
        self.freq_masks, self.time_masks = freq_masks, time_masks
        self.max_bands, self.max_frames, self.warp_frames = max_bands, max_frames, warp_frames
        self.mask_value = mask_value

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """`anchor` and `shift` (n,) of the warp in frames; `band`, `width` (n, masks) of both kinds of masks."""
        n, _, bins, frames = shape
        bands, band_widths = _masks(n, self.freq_masks, self.max_bands, bins, generator)
        starts, start_widths = _masks(n, self.time_masks, self.max_frames, frames, generator)
        most = self._most_warp(frames)
        anchor = most + 1 + whole_up_to(torch.full((n,), max(frames - 3 - 2 * most, 0)), generator)
        shift = whole_up_to(torch.full((n,), 2 * most), generator) - most
        return {
            "anchor": anchor,
            "shift": shift,
            "band": bands,
            "band_width": band_widths,
            "start": starts,
            "start_width": start_widths,
        }

    def apply(self, x: Float[Tensor, "n channel freq frame"], params: Params) -> Float[Tensor, "n channel freq frame"]:
        """Warp, then hide."""
        bins, frames = x.shape[2:]
        if self._most_warp(frames):
            x = interpolate(x, warp(params["anchor"], params["shift"], frames), axis=3)
        hidden_bins = _hidden(params["band"], params["band_width"], bins)
        hidden_frames = _hidden(params["start"], params["start_width"], frames)
        hidden = hidden_bins[:, None, :, None] | hidden_frames[:, None, None, :]
        return torch.where(hidden, self._value(x), x)

    def _most_warp(self, frames: int) -> int:
        """`warp_frames`, or less in a patch so short that no frame would be left on one side of the moved one."""
        return max(0, min(self.warp_frames, (frames - 3) // 2))

    def _value(self, x: Tensor) -> Tensor:
        if self.mask_value == "zero":
            return x.new_zeros(())
        return x.mean((2, 3), keepdim=True) if self.mask_value == "mean" else x.amin((2, 3), keepdim=True)


def warp(anchor: Int64[Tensor, " n"], shift: Int64[Tensor, " n"], frames: int) -> Float[Tensor, "n {frames}"]:
    """Which place each new frame is read from: `anchor + shift` from `anchor`, first and last from themselves.

    >>> warp(torch.tensor([2]), torch.tensor([2]), frames=7)
    tensor([[0.0000, 0.5000, 1.0000, 1.5000, 2.0000, 4.0000, 6.0000]])
    """
    old, new = anchor[:, None].float(), (anchor + shift)[:, None].float()
    frame = torch.arange(frames, device=anchor.device, dtype=torch.float32)
    last = frames - 1
    return torch.where(frame < new, frame * old / new, old + (frame - new) * (last - old) / (last - new))


def _masks(n: int, masks: int, widest: int, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """First place and width, (n, masks) each."""
    width = whole_up_to(torch.full((n, masks), min(widest, size)), generator)
    return whole_up_to(size - width, generator), width


def _hidden(start: Int64[Tensor, "n mask"], width: Int64[Tensor, "n mask"], size: int) -> Bool[Tensor, "n {size}"]:
    place = torch.arange(size, device=start.device)
    return ((place >= start[..., None]) & (place < (start + width)[..., None])).any(1)
