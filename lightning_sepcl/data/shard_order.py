"""The order of clips for shards: shards in a drawn order, the clips of some shards at a time mixed.

Clips that are read near each other in time then lie in few files, which disks and networks want; where all shards are
mixed at once, it is the order of the packed cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Int64

from lightning_sepcl.audio.reading import Array


class ShardOrder:
    """Draws an epoch's order, a pure function of the generator's seed.

    Args:
        shard_of: number of the shard in which each clip lies.
        mixed: shards whose clips are mixed with each other.
        ahead: told the shards in the order in which they will be read, whenever an order is drawn.
    """

    def __init__(
        self,
        shard_of: Sequence[int] | Int64[Array, " clip"],
        mixed: int,
        ahead: Callable[[Sequence[int]], None] | None = None,
    ) -> None:
        numbers = np.asarray(shard_of, np.int64)
        self.clips, self.mixed, self.ahead = len(numbers), mixed, ahead
        self.shards, counts = np.unique(numbers, return_counts=True)
        by_shard = np.split(np.argsort(numbers, kind="stable"), np.cumsum(counts)[:-1]) if len(numbers) else []
        self.places = dict(zip(self.shards.tolist(), by_shard, strict=True))

    def __str__(self) -> str:
        return "all clips" if len(self.shards) <= self.mixed else f"{self.mixed} of {len(self.shards)} shards at a time"

    def __call__(self, generator: np.random.Generator) -> Int64[Array, " clip"]:
        """Places of all clips in the epoch's order."""
        if len(self.shards) <= self.mixed:
            self._tell(self.shards)
            return generator.permutation(self.clips)
        shards = generator.permutation(self.shards)
        self._tell(shards)
        groups = np.array_split(shards, math.ceil(len(shards) / self.mixed))
        return np.concatenate([generator.permutation(self._clips(group)) for group in groups])

    def _clips(self, shards: Int64[Array, " shard"]) -> Int64[Array, " clip"]:
        return np.concatenate([self.places[number] for number in shards.tolist()])

    def _tell(self, shards: Int64[Array, " shard"]) -> None:
        if self.ahead is not None:
            self.ahead(shards.tolist())
