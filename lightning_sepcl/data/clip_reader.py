"""What data sets read clips from: a packed cache or tar shards, in the same numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from jaxtyping import Int16

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.data.cache_format import IndexRow, Skipped


class ClipReader(ABC):
    """Any window of any clip, as int16. Copies may be sent to worker processes.

    Attributes:
        rows: the clips, in the order in which they lie.
        position: key of a clip -> its number in `rows`.
        skipped: the clips that could not be read when the rows were written.
        meta: how the clips are kept: `corpus`, and `settings` as in `CacheSettings`.
    """

    rows: Sequence[IndexRow]
    position: dict[str, int]
    skipped: list[Skipped]
    meta: dict[str, Any]

    @property
    @abstractmethod
    def identity(self) -> str:
        """Name of exactly these clips, kept so: what is made from them says it."""

    @abstractmethod
    def clip(self, number: int, start: int = 0, samples: int | None = None) -> Int16[Array, "source mic window"]:
        """Clip `number` from sample `start` on, read-only; shorter than `samples` if the clip ends before."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def seconds(self) -> float:
        """Length of all clips together."""
        return sum(row.samples for row in self.rows) / float(self.meta["settings"]["sample_rate"])
