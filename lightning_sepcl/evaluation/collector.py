"""Embeddings as they come, batch after batch, put together into sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.evaluation.embedded_set import EmbeddedSet, Embedder
from lightning_sepcl.records import Batch


class Collector:
    """Keeps named embeddings of every batch on the CPU, beside labels and names."""

    def __init__(self) -> None:
        self._h: dict[str, list[Tensor]] = {}
        self._target: list[Tensor] = []
        self._labelled: list[Tensor] = []
        self._keys: tuple[str, ...] = ()

    def add(self, batch: Batch, embeddings: Mapping[str, Tensor]) -> None:
        """Take in one batch; every batch must bring the same names.

        Raises:
            ValueError: the names differ from the first batch's.
        """
        if self._keys and set(self._h) != set(embeddings):
            raise ValueError(f"representations changed between batches: {sorted(self._h)}, then {sorted(embeddings)}")
        for name, h in embeddings.items():
            self._h.setdefault(name, []).append(h.detach().float().cpu())
        self._target.append(batch.target.detach().float().cpu())
        self._labelled.append(batch.labelled.detach().cpu())
        self._keys += batch.keys

    def sets(self) -> dict[str, EmbeddedSet]:
        """One set per representation, clips in the order they came; empty where nothing came."""
        if not self._keys:
            return {}
        target, labelled = torch.cat(self._target), torch.cat(self._labelled)
        return {name: EmbeddedSet(torch.cat(h), target, labelled, self._keys) for name, h in self._h.items()}


@torch.no_grad()  # type: ignore[untyped-decorator]
def embed_clips(embed: Embedder, batches: Iterable[Batch]) -> dict[str, EmbeddedSet]:
    """Every representation `embed` makes of the clips as recorded: what a notebook begins with."""
    collector = Collector()
    for batch in batches:
        collector.add(batch, embed(recording(batch), batch.length))
    return collector.sets()


def recording(batch: Batch) -> Tensor:
    """(n, mic, sample), full scale 1: the clips as recorded, which is their source 0."""
    return to_float(batch.wave[:, 0])
