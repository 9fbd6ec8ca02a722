"""Nearest neighbours in a representation: for listening, and as a figure per class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from lightning_sepcl.report.run_folder import EmbeddedSet

CHUNK = 1024
"""Queries compared at once: bounds memory to CHUNK x clips numbers."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A clip near a query.

    Attributes:
        clip: its row.
        cosine: similarity, -1 .. 1.
        same: whether it shares a class with the query.
    """

    clip: int
    cosine: float
    same: bool


def nearest(
    h: Float[NDArray[Any], "clip dim"], queries: Int[NDArray[Any], " query"], count: int
) -> tuple[Int[NDArray[Any], "query count"], Float[NDArray[Any], "query count"]]:
    """The `count` other clips of largest cosine for each query, best first, and the cosines.

    `count` is between 1 and the number of other clips. A representation of length 0 has cosine 0 with everything.
    """
    unit = h / np.maximum(np.linalg.norm(h, axis=1, keepdims=True), 1e-12)
    clips, cosines = [], []
    for start in range(0, len(queries), CHUNK):
        rows = queries[start : start + CHUNK]
        similar = unit[rows] @ unit.T
        similar[np.arange(len(rows)), rows] = -np.inf
        top = np.argpartition(-similar, count - 1, axis=1)[:, :count]  # unordered, much cheaper than sorting all
        values = np.take_along_axis(similar, top, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        clips.append(np.take_along_axis(top, order, axis=1))
        cosines.append(np.take_along_axis(values, order, axis=1))
    return np.concatenate(clips), np.concatenate(cosines)


def choose_queries(target: Float[NDArray[Any], "clip class"], count: int, seed: int) -> list[int]:
    """Up to `count` different clips drawn over the classes: each class once before any comes twice."""
    rng = np.random.default_rng(seed)
    waiting = [list(rng.permutation(np.flatnonzero(target[:, c] > 0))) for c in rng.permutation(target.shape[1])]
    chosen: list[int] = []
    while len(chosen) < count and any(waiting):
        for clips in waiting:
            fresh = next((int(c) for c in clips if int(c) not in chosen), None)
            clips[:] = [c for c in clips if int(c) not in chosen and int(c) != fresh]
            if fresh is not None and len(chosen) < count:
                chosen.append(fresh)
    return chosen


def some_queries(clips: int, count: int, seed: int) -> list[int]:
    """Up to `count` of so many clips without labels, drawn by `seed`, in their order."""
    return sorted(int(c) for c in np.random.default_rng(seed).permutation(clips)[:count])


def neighbours(embedded: EmbeddedSet, name: str, queries: list[int], count: int) -> list[list[Neighbour]]:
    """For each query its nearest other clips in representation `name`."""
    count = min(count, len(embedded.keys) - 1)
    clips, cosines = nearest(embedded.h[name], np.array(queries, dtype=np.int64), count)
    target = embedded.target > 0
    return [
        [Neighbour(int(c), float(s), bool((target[q] & target[c]).any())) for c, s in zip(*pair, strict=True)]
        for q, pair in zip(queries, zip(clips, cosines, strict=True), strict=True)
    ]


def agreement_by_class(embedded: EmbeddedSet, name: str, count: int) -> Float[NDArray[Any], " class"]:
    """Per class, the share of its clips' `count` nearest other clips that are of the class too; NaN without clips."""
    every = np.arange(len(embedded.keys))
    clips, _ = nearest(embedded.h[name], every, min(count, len(every) - 1))
    target = embedded.target > 0
    shared = target[clips].mean(axis=1)  # (clip, class): share of the neighbours that have the class
    members = target.sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray((shared * target).sum(axis=0) / members)
