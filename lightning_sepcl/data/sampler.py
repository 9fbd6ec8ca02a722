"""Which clip comes when: a permutation that is a function of seed and epoch, entered at any point.

A training run that was killed goes on with the very clip it would have seen next. Lightning itself restores weights and
counters, not the position in the data; this file reads those counters (they are internal, hence tests that guard them).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytorch_lightning as pl
from torch.utils.data import DataLoader, Sampler

from lightning_sepcl.data.shard_order import ShardOrder
from lightning_sepcl.records import Batch


@dataclass(frozen=True, slots=True)
class Position:
    """Where training stands: the epoch, and how many batches of it were used."""

    epoch: int
    batches: int


class EpochSampler(Sampler[tuple[int, int]]):
    """(epoch, place) of this process's clips, in the epoch's order.

    All processes draw the same permutation and take every `world`-th clip of it, beginning with their `rank`; what does
    not divide evenly is left out of that epoch. The trainer must be told `use_distributed_sampler=False`, or Lightning
    would put its own sampler in this one's place.

    Args:
        clips: how many there are.
        seed: of the permutations.
        batch_size: clips in a batch.
        rank: number of this process.
        world: how many processes train together.
        position: asked at the start of every pass; None begins epoch 0, or the one that `set_epoch` named.
        order: draws the order of an epoch's clips from its generator; None mixes all clips.
    """

    def __init__(
        self,
        clips: int,
        seed: int,
        batch_size: int,
        *,
        rank: int = 0,
        world: int = 1,
        position: Callable[[], Position] | None = None,
        order: ShardOrder | None = None,
    ) -> None:
        self.clips, self.seed, self.batch_size, self.rank, self.world = clips, seed, batch_size, rank, world
        self.epoch, self.position, self.order = 0, position, order

    def set_epoch(self, epoch: int) -> None:
        """The epoch of the next pass, for loops without a trainer; Lightning calls it too, but `position` prevails.

        Lightning's number cannot be used: with `max_steps` it is one too high after some resumes, and with worker
        processes the first pass begins before it is told.
        """
        self.epoch = epoch

    def __len__(self) -> int:
        """Clips of a whole epoch, also where one is entered late: Lightning counts the missing ones as seen."""
        return self.clips // self.world

    def __iter__(self) -> Iterator[tuple[int, int]]:
        at = self.position() if self.position else Position(self.epoch, 0)
        generator = np.random.default_rng(np.random.SeedSequence([self.seed, at.epoch]))
        order = self.order(generator) if self.order else generator.permutation(self.clips)
        own = order[self.rank :: self.world][: len(self)]
        return ((at.epoch, int(place)) for place in own[at.batches * self.batch_size :])


def position_of(trainer: pl.Trainer, batches_per_epoch: int) -> Position:
    """Where `trainer` stands between two batches, be it in a fresh run or after a checkpoint was loaded.

    Counted from all batches *processed* since the very first start: inside a checkpoint, `completed` is one behind.
    """
    total: Any = trainer.fit_loop.epoch_loop.batch_progress.total  # declared as a type without `processed`
    return Position(*divmod(total.processed, _limit(trainer, batches_per_epoch)))


class ResumableLoader(DataLoader[Batch]):
    """A data loader that begins in the right place.

    Lightning asks for the iterator before it restores its counters (whenever a method asks how many steps there will
    be), and worker processes would begin to read at once: so the iterator begins when the first batch is asked for.

    The methods on state tell Lightning that the place is right; else it would warn, after every resume, that the data
    begins anew. A run that is carried on with other data or another batch size is told that it will not be the same.
    """

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        return self._batches()

    def _batches(self) -> Iterator[Batch]:
        yield from super().__iter__()

    def state_dict(self) -> dict[str, Any]:
        """What must be equal for a resumed run to be the same run; goes into the checkpoint."""
        sampler = self.sampler
        if not isinstance(sampler, EpochSampler):  # `overfit_batches` puts another in its place
            return {}
        numbers = {"clips": sampler.clips, "seed": sampler.seed, "world": sampler.world}
        return numbers | {"batch_size": sampler.batch_size, "order": str(sampler.order or "all clips")}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Compare with the checkpoint."""
        now = self.state_dict()
        changed = [f"{key} {state[key]} -> {now[key]}" for key in state if key in now and state[key] != now[key]]
        if changed:
            warnings.warn(
                f"the checkpoint was made with other data settings ({', '.join(changed)}): training goes on, "
                "but not with the clips that an uninterrupted run would have seen",
                stacklevel=2,
            )


def _limit(trainer: pl.Trainer, batches: int) -> int:
    """Batches that Lightning calls an epoch, as `limit_train_batches` may ask for fewer."""
    limit = trainer.limit_train_batches
    return max(1, min(limit, batches) if isinstance(limit, int) else int(batches * limit))
