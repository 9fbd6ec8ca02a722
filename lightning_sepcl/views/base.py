"""What every view maker is: a draw of (source, start) per clip and view, and the batched cut that follows from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, Shaped
from torch import Tensor

from lightning_sepcl.audio.level import to_float


@dataclass(frozen=True, slots=True)
class ViewDraw:
    """Where each view of each clip comes from.

    Attributes:
        source: (batch, view) row of the source axis; 0 is the clip as recorded.
        start: (batch, view) first sample.
    """

    source: Tensor
    start: Tensor


@runtime_checkable
class Framed(Protocol):
    """What a view maker has to know of a feature: how many samples make how many frames."""

    def num_frames(self, samples: int) -> int:
        """How many frames `samples` samples give."""

    def num_samples(self, frames: int) -> int:
        """The fewest samples that give exactly `frames` frames."""


class ViewMaker(ABC):
    """Base class of the view makers.

    Attributes:
        views: how many views it makes of a clip.
        crop_samples: length of a view; known once `prepare` was called.
    """

    views: int
    crop_samples: int

    @abstractmethod
    def prepare(self, feature: Framed, sample_rate: int) -> None:
        """Set `crop_samples`; called once, before the first draw."""

    @abstractmethod
    def draw(self, length: Int64[Tensor, " batch"], sources: int, generator: torch.Generator) -> ViewDraw:
        """Source and start of each view, drawn on the CPU.

        Args:
            length: samples of each clip that are real; on the CPU.
            sources: size of the clips' source axis.
            generator: every random number comes from it.
        """

    def apply(
        self, wave: Shaped[Tensor, "batch source mic sample"], draw: ViewDraw
    ) -> Float[Tensor, "batch {draw.start.shape[1]} mic {self.crop_samples}"]:
        """Cut the views out of clips (int16 or float); clips shorter than a view are filled up with zeros."""
        wave = F.pad(wave, (0, max(0, self.crop_samples - wave.shape[-1])))
        clip = torch.arange(len(wave), device=wave.device)[:, None]
        source, start = draw.source.to(wave.device), draw.start.to(wave.device)
        # All windows as a view without a copy, then one gather: only the crops are ever copied and turned to float.
        return to_float(wave.unfold(-1, self.crop_samples, 1)[clip, source, :, start])


def uniform_start(room: Int64[Tensor, "*rows"], generator: torch.Generator) -> Int64[Tensor, "*rows"]:
    """A start per row, uniform in 0..room inclusive (`room` is how far the crop can slide; below 0 counts as 0).

    >>> uniform_start(torch.tensor([0, -5]), torch.Generator().manual_seed(0))
    tensor([0, 0])
    """
    # float64: 24 bits of a float32 are too few for the samples of a long recording
    share = torch.rand(room.shape, generator=generator, dtype=torch.float64)
    return (share * (room.clamp(min=0) + 1)).long()
