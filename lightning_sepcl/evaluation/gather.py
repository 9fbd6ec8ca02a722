"""What evaluations keep of batches that lie in several processes, made whole in each of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, TypeVar

import torch.distributed as dist
from torch import Tensor

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a batch.

    Attributes:
        keys: name of each clip.
        values: tensors with a row for each clip.
    """

    keys: tuple[str, ...]
    values: Mapping[str, Tensor]

    def rows(self, index: Sequence[int]) -> Kept:
        """The clips at these positions."""
        return Kept(tuple(self.keys[i] for i in index), {k: v[list(index)] for k, v in self.values.items()})

    def cpu(self) -> Kept:
        """The same in main memory."""
        return Kept(self.keys, {k: v.cpu() for k, v in self.values.items()})


def gathered(own: Mapping[Name, Sequence[Kept]]) -> dict[Name, list[Kept]]:
    """What all processes kept, in every process, in the order in which one process alone would have kept it.

    All processes must call it; what is kept under a name may be missing in some. With one process nothing is moved.
    """
    if not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1):
        return {name: list(batches) for name, batches in own.items()}
    parts: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(parts, {name: [batch.cpu() for batch in batches] for name, batches in own.items()})
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: in_turn([part.get(name, []) for part in parts]) for name in names}


def in_turn(parts: Sequence[Sequence[Kept]]) -> list[Kept]:
    """First batches of all parts, second batches of all parts, ...; of a clip that comes again the first alone."""
    seen: set[str] = set()
    whole = []
    for batch in (batch for together in zip_longest(*parts) for batch in together if batch is not None):
        fresh = [i for i, key in enumerate(batch.keys) if key not in seen]
        seen.update(batch.keys)
        if fresh:
            whole.append(batch if len(fresh) == len(batch.keys) else batch.rows(fresh))
    return whole
