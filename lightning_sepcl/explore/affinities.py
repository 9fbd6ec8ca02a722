"""How much each row of a collection belongs to each of its neighbours: the probabilities that t-SNE draws.

Source: van der Maaten & Hinton 2008, "Visualizing Data using t-SNE", section 2; for near neighbours alone, as in van
der Maaten 2014, "Accelerating t-SNE using Tree-Based Algorithms", section 4.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int64
from numpy.typing import NDArray

from lightning_sepcl.explore.nearest import Index

Array = NDArray[Any]

BLOCK = 512
"""Rows whose neighbours are looked up between two reports of progress."""
BISECTIONS = 40
"""Halvings of the interval of log widths: 2^-40 of it is below float32."""
WIDTHS = (-20.0, 20.0)
"""Where the logarithm of a width (1 / 2 variance) is looked for, relative to the row's mean squared distance."""


@dataclass(frozen=True, slots=True)
class Affinities:
    """A sparse symmetric matrix whose entries sum to 1, its entries in order of row, then column.

    Attributes:
        rows: (entry,)
        columns: (entry,)
        values: (entry,) above 0.
        count: of rows.
    """

    rows: Int64[Array, " entry"]
    columns: Int64[Array, " entry"]
    values: Float32[Array, " entry"]
    count: int


def neighbours_of_all(
    index: Index, h: Float[Array, "row dim"], count: int, tell: Callable[[float], None] = lambda share: None
) -> tuple[Int64[Array, "row found"], Float32[Array, "row found"]]:
    """For each row its `count` nearest others by `Index`, best first, and their squared distances 2 - 2 cosine.

    Args:
        index: of `h`.
        h: the rows, as they come from the embedder.
        count: below the number of rows.
        tell: called with the share that is done.
    """
    places = np.empty((len(h), count), np.int64)
    cosines = np.empty((len(h), count), np.float32)
    for start in range(0, len(h), BLOCK):
        own = np.arange(start, min(start + BLOCK, len(h)))
        found, scores = index.nearest(h[own], count + 1)
        others = found != own[:, None]
        others[others.all(1), -1] = False  # its copies stood before it: leave the last one out
        places[own], cosines[own] = found[others].reshape(-1, count), scores[others].reshape(-1, count)
        tell((own[-1] + 1) / len(h))
    return places, np.maximum(2 - 2 * cosines, 0)


def symmetric_affinities(
    places: Int64[Array, "row found"], distances: Float32[Array, "row found"], perplexity: float
) -> Affinities:
    """Gaussian affinities of every row to its neighbours, made symmetric: (p(j|i) + p(i|j)) / 2n.

    Args:
        places: of the neighbours of each row.
        distances: squared.
        perplexity: effective number of neighbours, below how many there are.
    """
    count, found = places.shape
    given = conditional(distances, perplexity)
    rows = np.repeat(np.arange(count), found)
    both = np.concatenate([rows * count + places.ravel(), places.ravel() * count + rows])
    pairs, which = np.unique(both, return_inverse=True)
    values = np.bincount(which.ravel(), np.tile(given.ravel(), 2)) / (2 * count)
    kept = values > 0
    return Affinities(pairs[kept] // count, pairs[kept] % count, values[kept].astype(np.float32), count)


def conditional(distances: Float32[Array, "row found"], perplexity: float) -> Float[Array, "row found"]:
    """Of each row a distribution over its neighbours, p ~ exp(-width * distance), of entropy log(perplexity).

    Where all neighbours are equally far, all get the same.
    """
    nearest = distances[:, :1].astype(np.float64)
    beyond = distances - nearest
    mean = beyond.mean(1, keepdims=True)
    beyond = beyond / np.where(mean > 0, mean, 1)
    low, high = (np.full((len(beyond), 1), bound) for bound in WIDTHS)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        too_wide = _entropy(_shares(beyond, middle)) > np.log(perplexity)
        low, high = np.where(too_wide, middle, low), np.where(too_wide, high, middle)
    return _shares(beyond, (low + high) / 2)


def _shares(beyond: Float[Array, "row found"], log_width: Float[Array, "row 1"]) -> Float[Array, "row found"]:
    weight = np.exp(-np.exp(log_width) * beyond)
    return np.asarray(weight / weight.sum(1, keepdims=True))


def _entropy(shares: Float[Array, "row found"]) -> Float[Array, "row 1"]:
    return np.asarray(-(shares * np.log(np.maximum(shares, 1e-300))).sum(1, keepdims=True))
