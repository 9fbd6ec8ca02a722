"""What evaluation works on: the embeddings of a set of clips beside what is known about each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

Embedder = Callable[[Tensor, Tensor], dict[str, Tensor]]
"""Anything that embeds: wave (n, mic, sample) float32 of full scale 1 and length (n,) of real samples
-> named representations, each (n, dim)."""


@dataclass(frozen=True, slots=True)
class EmbeddedSet:
    """One representation of a set of clips.

    Attributes:
        h: (n, dim) float32, one embedding per clip.
        target: (n, class) float32, 1 where the class is present; all zero where nothing is known.
        labelled: (n,) bool, whether `target` says anything.
        keys: name of each clip.

    Raises:
        ValueError: the four do not hold the same number of clips.
    """

    h: Float[Tensor, "n dim"]
    target: Float[Tensor, "n class"]
    labelled: Bool[Tensor, " n"]
    keys: tuple[str, ...]

    def __post_init__(self) -> None:
        counts = {"h": len(self.h), "target": len(self.target), "labelled": len(self.labelled), "keys": len(self.keys)}
        if len(set(counts.values())) > 1:
            raise ValueError(f"an embedded set needs one row per clip everywhere, got {counts}")

    def __len__(self) -> int:
        return len(self.keys)

    def rows(self, index: Tensor) -> EmbeddedSet:
        """The clips at the positions `index` (int64), in that order."""
        keys = tuple(self.keys[i] for i in index.tolist())
        return EmbeddedSet(self.h[index], self.target[index], self.labelled[index], keys)

    def known(self) -> EmbeddedSet:
        """The labelled clips alone."""
        return self if bool(self.labelled.all()) else self.rows(self.labelled.nonzero()[:, 0])

    def with_h(self, h: Float[Tensor, "n other"]) -> EmbeddedSet:
        """The same clips seen through another representation."""
        return replace(self, h=h)


def joined(first: EmbeddedSet, second: EmbeddedSet) -> EmbeddedSet:
    """The clips of both sets, the first set's first."""
    pairs = ((first.h, second.h), (first.target, second.target), (first.labelled, second.labelled))
    h, target, labelled = (torch.cat(pair) for pair in pairs)
    return EmbeddedSet(h, target, labelled, first.keys + second.keys)


def held_out(clips: EmbeddedSet, share: float, seed: int) -> tuple[EmbeddedSet, EmbeddedSet]:
    """Two parts of a set, drawn by `seed`: what remains, and `share` of the clips, at least one, to choose on."""
    order = torch.randperm(len(clips), generator=torch.Generator().manual_seed(seed))
    count = max(1, round(share * len(clips)))
    return clips.rows(order[count:].sort().values), clips.rows(order[:count].sort().values)
