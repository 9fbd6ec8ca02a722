"""What pitch shift and time stretch share: a phase vocoder whose window is told in seconds."""

from __future__ import annotations

from lightning_sepcl.audio.phase_vocoder import hop_samples
from lightning_sepcl.augment.base import Augmentation


class Vocoder(Augmentation):
    """Base class of the augmentations of waves by a phase vocoder.

    Args:
        window_seconds: length of a frame.
    """

    domain = "wave"

    def __init__(self, window_seconds: float) -> None:
        self.window_seconds = window_seconds

    @property
    def hop(self) -> int:
        """From one frame to the next, samples.

        Raises:
            RuntimeError: `prepare` was not called.
        """
        return hop_samples(self.window_seconds, self.sample_rate)

    def prepare(self, sample_rate: int, views: int = 1) -> None:
        """Told the sample rate.

        Raises:
            ValueError: the window is shorter than 64 samples.
        """
        super().prepare(sample_rate, views)
        _ = self.hop  # says now what is wrong with it
