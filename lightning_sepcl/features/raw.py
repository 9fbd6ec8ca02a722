"""The wave itself as a feature, for encoders that learn their own filters."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.features.base import Feature


class Raw(Feature):
    """Every sample is a frame with one frequency bin, every microphone a channel.

    Args:
        channels: number of microphones.
    """

    bins = 1

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        self.channels = channels

    def prepare(self, sample_rate: int) -> None:
        """As many frames as samples per second."""
        self.frame_rate = float(sample_rate)

    def num_frames(self, samples: int) -> int:
        """The same number."""
        return samples

    def num_samples(self, frames: int) -> int:
        """The same number."""
        return frames

    def forward(self, wave: Float[Tensor, "n {self.channels} sample"]) -> Float[Tensor, "n {self.channels} 1 sample"]:
        """The wave with a frequency axis of size 1."""
        return wave.unsqueeze(2)
