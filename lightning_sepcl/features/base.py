"""What every feature is: waves in, (channel, freq, frame) out, and a true word about its framing."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Feature(nn.Module, ABC):
    """Base class of the features. Settings are in Hz and seconds; `prepare` turns them into samples once.

    Attributes:
        channels: size of the channel axis it makes.
        bins: size of the frequency axis it makes.
        frame_rate: frames per second; true once `prepare` was called.
        channel_groups: how many channels, one after the other, are of one kind and standardised together; empty: all.
    """

    channels: int
    bins: int
    frame_rate: float
    channel_groups: tuple[int, ...] = ()

    @abstractmethod
    def prepare(self, sample_rate: int) -> None:
        """Build filter banks and windows for `sample_rate`; called once, before the first forward pass."""

    @abstractmethod
    def num_frames(self, samples: int) -> int:
        """How many frames `samples` samples give."""

    @abstractmethod
    def num_samples(self, frames: int) -> int:
        """The fewest samples that give exactly `frames` frames."""

    @abstractmethod
    def forward(self, wave: Tensor) -> Tensor:
        """(example, mic, sample), full scale 1 -> (example, channel, freq, frame)."""
