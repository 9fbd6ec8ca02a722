"""Sets of embeddings that lie in several processes, made whole in each of them."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet


def gathered(clips: EmbeddedSet) -> EmbeddedSet:
    """The clips of all processes, in every process; the same set where there is one process only.

    A distributed sampler deals clips out in turn and repeats the first ones to fill the last round: the sets are
    interleaved again and a clip's second appearance is dropped. All processes must call it.
    """
    if not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1):
        return clips
    parts: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(parts, (clips.h, clips.target, clips.labelled, clips.keys))
    return interleaved([EmbeddedSet(*part) for part in parts])


def interleaved(parts: list[EmbeddedSet]) -> EmbeddedSet:
    """First clips of all parts, second clips of all parts, ...; every key once."""
    owner = [(row, part) for part, clips in enumerate(parts) for row in range(len(clips))]
    starts = torch.tensor([0, *(len(clips) for clips in parts)]).cumsum(0).tolist()
    keys = [key for clips in parts for key in clips.keys]
    first: dict[str, int] = {}
    for row, part in sorted(owner):
        at = starts[part] + row
        first.setdefault(keys[at], at)
    whole = EmbeddedSet(
        torch.cat([clips.h for clips in parts]),
        torch.cat([clips.target for clips in parts]),
        torch.cat([clips.labelled for clips in parts]),
        tuple(keys),
    )
    return whole.rows(torch.tensor(list(first.values()), dtype=torch.int64))
