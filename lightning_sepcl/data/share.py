"""Which clips each of several processes judges: whole batches, dealt out in turn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader, Sampler


class Share(Sampler[int]):
    """Places of this process's clips: every `world`-th batch of those that one process alone would be given.

    Whole batches, since what is computed of a clip may depend on its batch in the last bits. All processes are given
    equally many batches, or those with more would wait for the others: where the batches do not divide evenly, the
    first ones are dealt out once more in the last round. Whoever gathers the figures drops the repeats.

    Args:
        clips: how many there are.
        batch_size: clips in a batch.
        rank: number of this process.
        world: how many processes judge together.
    """

    def __init__(self, clips: int, batch_size: int, *, rank: int, world: int) -> None:
        self.clips, self.batch_size = clips, batch_size
        batches = math.ceil(clips / batch_size)
        rounds = math.ceil(batches / world)
        self.batches = [(turn * world + rank) % batches for turn in range(rounds)]

    def __len__(self) -> int:
        return sum(len(self._places(number)) for number in self.batches)

    def __iter__(self) -> Iterator[int]:
        # only the last batch of all can be a smaller one, and it comes last: cut anew, the batches are the same
        for number in self.batches:
            yield from self._places(number)

    def _places(self, number: int) -> range:
        return range(number * self.batch_size, min((number + 1) * self.batch_size, self.clips))


def undealt(loader: Any) -> Any:
    """A loader of all batches where `loader` gives this process's share of them; else `loader` itself."""
    if not isinstance(getattr(loader, "sampler", None), Share):
        return loader
    return DataLoader(
        loader.dataset, batch_size=loader.batch_size, collate_fn=loader.collate_fn, num_workers=loader.num_workers
    )
