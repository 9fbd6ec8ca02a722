"""A collection in the plane: its two principal directions at once, and a map of neighbours that takes a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Float32
from numpy.typing import NDArray

from lightning_sepcl.explore.affinities import neighbours_of_all, symmetric_affinities
from lightning_sepcl.explore.nearest import Index
from lightning_sepcl.explore.tsne import tsne

Array = NDArray[Any]

PERPLEXITY = 20.0
"""Effective neighbours of a row. Ours: 30 is usual, and a fifth slower; small groups of recordings stay together."""
NEIGHBOURS_PER_PERPLEXITY = 3
LEAST_ROWS = 8
"""Fewer rows have no neighbourhoods: their map is the principal plane."""
SEARCH_SHARE = 0.15
"""Of the time, about, that is spent on looking neighbours up."""


def principal_plane(index: Index) -> Float32[Array, "row 2"]:
    """The rows along the two directions in which the standardised, normalised rows vary most.

    A direction's sign is such that its largest component is positive. Where there is no second direction it is 0.
    """
    rows = index.rows.astype(np.float64) - index.rows.mean(0, dtype=np.float64)
    _, directions = np.linalg.eigh(rows.T @ rows)
    directions = directions[:, ::-1][:, :2]
    signs = np.sign(directions[np.abs(directions).argmax(0), np.arange(directions.shape[1])])
    plane = rows @ (directions * signs)
    return np.pad(plane, ((0, 0), (0, 2 - plane.shape[1]))).astype(np.float32)


def neighbour_map(
    index: Index,
    h: Float[Array, "row dim"],
    seed: int = 0,
    tell: Callable[[float], None] = lambda share: None,
) -> Float32[Array, "row 2"]:
    """A t-SNE of the rows with the similarity that `Index` finds them by.

    Args:
        index: of `h`.
        h: the rows, as they come from the embedder.
        seed: parts equal rows.
        tell: called now and then with the share that is done; what it raises ends the work.
    """
    plane = principal_plane(index)
    if len(h) < LEAST_ROWS:
        return plane
    perplexity = min(PERPLEXITY, (len(h) - 1) / NEIGHBOURS_PER_PERPLEXITY)
    count = min(len(h) - 1, round(NEIGHBOURS_PER_PERPLEXITY * perplexity))
    places, distances = neighbours_of_all(index, h, count, lambda share: tell(SEARCH_SHARE * share))
    found = symmetric_affinities(places, distances, perplexity)
    y = tsne(found, plane.astype(np.float64), seed, lambda share: tell(SEARCH_SHARE + (1 - SEARCH_SHARE) * share))
    return y.astype(np.float32)
