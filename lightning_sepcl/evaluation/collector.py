"""Embeddings as they come, batch after batch, put together into sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.evaluation.embedded_set import EmbeddedSet, Embedder
from lightning_sepcl.evaluation.gather import Kept, gathered
from lightning_sepcl.records import Batch

H = "h:"
"""Before the name of a representation, so that it may have any."""


class Collector:
    """Keeps named embeddings of every batch on the CPU, beside labels and names.

    Args:
        kept: of other collectors, to begin with.
    """

    def __init__(self, kept: Sequence[Kept] = ()) -> None:
        self.kept = list(kept)

    def add(self, batch: Batch, embeddings: Mapping[str, Tensor]) -> None:
        """Take in one batch; every batch must bring the same names.

        Raises:
            ValueError: the names differ from the first batch's.
        """
        values = {f"{H}{name}": h.detach().float().cpu() for name, h in embeddings.items()}
        values |= {"target": batch.target.detach().float().cpu(), "labelled": batch.labelled.detach().cpu()}
        if self.kept and set(self.kept[0].values) != set(values):
            before, now = (
                sorted(n.removeprefix(H) for n in v if n.startswith(H)) for v in (self.kept[0].values, values)
            )
            raise ValueError(f"representations changed between batches: {before}, then {now}")
        self.kept.append(Kept(batch.keys, values))

    def sets(self) -> dict[str, EmbeddedSet]:
        """One set per representation, clips in the order they came; empty where nothing came."""
        if not self.kept:
            return {}
        whole = {name: torch.cat([batch.values[name] for batch in self.kept]) for name in self.kept[0].values}
        target, labelled = whole.pop("target"), whole.pop("labelled")
        keys = tuple(key for batch in self.kept for key in batch.keys)
        return {name.removeprefix(H): EmbeddedSet(h, target, labelled, keys) for name, h in whole.items()}


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


def collected(collectors: Sequence[Collector]) -> list[dict[str, EmbeddedSet]]:
    """The sets of each collector, of all processes together; all must call it."""
    whole = gathered({number: collector.kept for number, collector in enumerate(collectors)})
    return [Collector(whole[number]).sets() for number in range(len(collectors))]
