"""The most similar rows of a collection: standardised by the collection, compared by cosine, exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64
from numpy.typing import NDArray

Array = NDArray[Any]

CHUNK_NUMBERS = 1 << 24
"""Similarities held at once: 64 MB."""
LEAST_ROWS = 10
"""Fewer rows say too little about mean and deviation: they are compared as they are. Ours, not tuned."""
CONSTANT = 1e-6
"""A dimension whose deviation is below this share of its rms is constant to float32 and becomes 0."""


class Index:
    """Rows that others are compared with: every dimension at mean 0 and deviation 1 over the rows, then the cosine.

    Whitening was tried on clips of ESC-50 and was worse, the more so the smaller the collection: its principal
    directions are those of the few rows there are.

    Args:
        h: the rows.
    """

    def __init__(self, h: Float[Array, "row dim"]) -> None:
        self.mean, self.scale = np.zeros(h.shape[1]), np.ones(h.shape[1])
        if len(h) >= LEAST_ROWS:
            self.mean, deviation = h.mean(0, dtype=np.float64), h.std(0, dtype=np.float64)
            varies = deviation > CONSTANT * np.sqrt(self.mean**2 + deviation**2)
            self.scale = np.where(varies, 1 / np.where(varies, deviation, 1), 0)
        self.rows = self._comparable(h)

    def nearest(
        self, h: Float[Array, "query dim"], top: int, allowed: Bool[Array, " row"] | None = None
    ) -> tuple[Int64[Array, "query found"], Float32[Array, "query found"]]:
        """Numbers and cosines of the rows most similar to each query, best first; the earlier row where two are equal.

        Args:
            h: as it comes from the embedder.
            top: how many are wanted; fewer are found where there are fewer.
            allowed: rows that may be found; None: all.
        """
        candidates = np.arange(len(self.rows)) if allowed is None else np.flatnonzero(allowed)
        top = min(top, len(candidates))
        queries = self._comparable(h)
        step = max(1, CHUNK_NUMBERS // max(1, len(candidates)))
        parts = [_best(queries[i : i + step] @ self._of(candidates).T, top) for i in range(0, len(h), step)]
        found = np.concatenate([places for places, _ in parts]) if parts else np.zeros((0, top), np.int64)
        scores = np.concatenate([values for _, values in parts]) if parts else np.zeros((0, top), np.float32)
        return candidates[found].astype(np.int64), scores

    def _of(self, candidates: Int64[Array, " candidate"]) -> Float32[Array, "candidate dim"]:
        return self.rows if len(candidates) == len(self.rows) else self.rows[candidates]

    def _comparable(self, h: Float[Array, "row dim"]) -> Float32[Array, "row dim"]:
        """Standardised and of length 1; a row that says nothing stays 0 and has cosine 0 with everything."""
        x = (h - self.mean.astype(np.float32)) * self.scale.astype(np.float32)
        length = np.linalg.norm(x, axis=1, keepdims=True)
        return np.asarray(x / np.where(length > 0, length, 1), np.float32)


def _best(
    similar: Float32[Array, "query row"], top: int
) -> tuple[Int64[Array, "query {top}"], Float32[Array, "query {top}"]]:
    if top == 0:
        return np.zeros((len(similar), 0), np.int64), np.zeros((len(similar), 0), np.float32)
    # what ties with the last place must be seen to prefer the earlier row, so compare with the value, not the place
    least = -np.partition(-similar, top - 1, axis=1)[:, top - 1]
    places = np.empty((len(similar), top), np.int64)
    for query, (values, bound) in enumerate(zip(similar, least, strict=True)):
        reached = np.flatnonzero(values >= bound)
        places[query] = reached[np.argsort(-values[reached], kind="stable")[:top]]
    return places, np.take_along_axis(similar, places, axis=1)
