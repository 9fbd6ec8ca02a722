"""What can embed recordings: any trained method, or anything else that says its rates."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class Embedder(Protocol):
    """Turns waves of full scale 1 into embeddings."""

    @property
    def sample_rate(self) -> int:
        """Hz of the waves it takes."""

    @property
    def frame_rate(self) -> float:
        """Frame embeddings per second."""

    def frame_centre_seconds(self, microphones: int = 1) -> float:
        """From the beginning of a wave to the middle of what its first frame embedding hears; asked once per job."""

    def embed(self, wave: Tensor, length: Tensor) -> dict[str, Tensor]:
        """(clip, mic, sample), of which `length` (clip,) samples are real -> readout name -> (clip, dim)."""

    def embed_frames(self, wave: Tensor) -> Tensor:
        """(clip, mic, sample), all of it real -> (clip, dim, frame)."""
