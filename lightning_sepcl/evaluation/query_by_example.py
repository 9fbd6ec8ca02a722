"""Query by example: do two clips of a class lie closer together than a clip of the class and one without it?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet
from lightning_sepcl.evaluation.protocol import Figure, Protocol

GRID = 2.0**26
"""Steps per unit of the normalised embeddings: their products and sums are then exact in float64 (53 bits)."""
COSINE_STEPS = 2.0**20
"""Steps per unit of a cosine, about 1e-6: finer differences are noise of a float32 embedding and count as ties."""
LENGTH = COSINE_STEPS**0.5
"""Of a normalised embedding, so that products of two come in steps of a cosine; a power of 2, which rounds nothing."""
CHUNK = 2048
"""Not-present clips compared at a time: bounds the memory to some 10 MB for 100 present clips."""
ROWS_AT_ONCE = 512
"""Clips prepared at a time: some 0.5 MB, which stays in a processor's cache."""


@dataclass(frozen=True, slots=True)
class QueryByExampleResult:
    """The mean average precision and what it is made of.

    Attributes:
        map: mean over the classes scored; NaN where there are none.
        per_class: (class,) float64 average precision; NaN for classes skipped.
        chance: what random embeddings reach: the share of target pairs, mean over the classes scored.
        classes_scored: classes with two present clips and a not-present one.
        classes_skipped: the others.
    """

    map: float
    per_class: Float[Tensor, "class"]
    chance: float
    classes_scored: int
    classes_skipped: int


def query_by_example(
    h: Float[Tensor, "n dim"],
    target: Float[Tensor, "n class"],
    *,
    not_present: Float[Tensor, "n class"] | None = None,
    ratio: float | None = 1.0,
    max_present: int = 100,
    seed: int = 0,
) -> QueryByExampleResult:
    """Mean over classes of the average precision of same-class pairs, ranked by cosine.

    For each class, every unordered pair of present clips is a target and every (present, not-present) pair a
    non-target. Average precision is exact and counts ties as scikit-learn does: constant embeddings score exactly the
    chance level. For that, embeddings are normalised in float64 and rounded to a grid of 2^-26 on which cosines have
    no rounding error, in whatever order a processor adds: equal embeddings give equal scores. Cosines are then rounded
    to steps of 2^-20 (1e-6), so that the noise of float32 does not order pairs. Zero vectors have cosine 0.

    Args:
        h: embeddings, of any scale.
        target: 1 where a class is present.
        not_present: 1 where a class is known to be absent; None: wherever `target` is 0.
        ratio: not-present clips per present clip, drawn by `seed`; None: all of them. Chance with 100 present clips
            is .331 for ratio 1 and .0025 against 20 000 others, so figures of different ratios do not compare.
        max_present: at most so many present clips of a class, drawn by `seed`.
        seed: of the draws; a class's draw does not depend on the other classes.

    Raises:
        ValueError: an embedding is not finite.

    Source: Fonseca et al. 2021 (scenes), section 4.1. Differs: AudioSet's ratings of absence are not public, so
    absence is taken from the labels; ratio 1 is the only one that agrees with the paper's log-mel row.

    >>> query_by_example(torch.eye(2).repeat(3, 1), torch.eye(2).repeat(3, 1)).map
    1.0
    """
    embeddings = h.detach().cpu().numpy()
    if not np.isfinite(embeddings).all():
        raise ValueError("query by example needs finite embeddings, got NaN or infinity")
    points = _on_grid(embeddings)
    present = _by_class(target)
    absent = None if not_present is None else _by_class(not_present)
    scores = []
    for c, here in enumerate(present):
        away = ~here if absent is None else absent[c]
        scores.append(_class_score(points, *_draw(here, away, ratio, max_present, np.random.default_rng([seed, c]))))
    precision, chance = np.array(scores, dtype=np.float64).reshape(-1, 2).T
    scored = ~np.isnan(precision)
    return QueryByExampleResult(
        map=float(precision[scored].mean()) if scored.any() else float("nan"),
        per_class=torch.from_numpy(precision.copy()),
        chance=float(chance[scored].mean()) if scored.any() else float("nan"),
        classes_scored=int(scored.sum()),
        classes_skipped=int((~scored).sum()),
    )


class QueryByExample(Protocol):
    """Query by example on the test clips; the training clips only standardise.

    Args:
        ratio: not-present clips per present clip; None: all others (its metric is then `qbe_map_all_others`).
        max_present: at most so many present clips per class.
        standardise: whether to standardise by the training clips first; the paper mentions no such step.
        whiten: whether to whiten by the training clips after that.
    """

    needs_training_labels = False

    def __init__(
        self, ratio: float | None = 1.0, max_present: int = 100, standardise: bool = True, whiten: bool = False
    ) -> None:
        self.ratio, self.max_present, self.standardise, self.whiten = ratio, max_present, standardise, whiten

    def figures(
        self, train: EmbeddedSet, val: EmbeddedSet | None, test: EmbeddedSet, multi_label: bool, seed: int
    ) -> list[Figure]:
        """`qbe_map` and its chance level; n is the number of classes scored."""
        found = query_by_example(test.h, test.target, ratio=self.ratio, max_present=self.max_present, seed=seed)
        against = "all other clips" if self.ratio is None else f"{self.ratio:g} not-present clips per present one"
        phrase = self._phrase(f"up to {self.max_present} present clips per class against {against}")
        metric = "qbe_map_all_others" if self.ratio is None else "qbe_map"
        return [Figure(metric, found.map, found.chance, found.classes_scored, phrase)]


def _on_grid(h: NDArray[np.float32]) -> NDArray[np.float64]:
    points = np.empty(h.shape, np.float64)
    for start in range(0, len(h), ROWS_AT_ONCE):
        rows = h[start : start + ROWS_AT_ONCE]
        largest = np.abs(rows).max(axis=1, keepdims=True, initial=0).astype(np.float64)
        x = rows / np.where(largest > 0, largest, 1)  # first, so that squares neither overflow nor vanish
        norm = np.linalg.norm(x, axis=1, keepdims=True)
        x /= np.where(norm > 0, norm, 1)
        x *= GRID
        np.multiply(np.rint(x, out=x), LENGTH / GRID, out=points[start : start + ROWS_AT_ONCE])
    return points


def _by_class(flags: Float[Tensor, "n class"]) -> NDArray[np.bool_]:
    """(class, n), each class's clips side by side in memory: they are searched class by class."""
    clips = flags.cpu().numpy()
    found = np.empty(clips.shape[::-1], np.bool_)
    for start in range(0, len(clips), ROWS_AT_ONCE):  # some rows at a time turn in a processor's cache
        found[:, start : start + ROWS_AT_ONCE] = (clips[start : start + ROWS_AT_ONCE] > 0).T
    return found


def _draw(
    present: NDArray[np.bool_],
    absent: NDArray[np.bool_],
    ratio: float | None,
    max_present: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the present and of the not-present clips of one class."""
    p, q = np.flatnonzero(present), np.flatnonzero(absent)
    p = _some(p, max_present, generator)
    return p, q if ratio is None else _some(q, max(1, int(ratio * len(p) + 0.5)), generator)


def _some(rows: NDArray[np.int64], wanted: int, generator: np.random.Generator) -> NDArray[np.int64]:
    if len(rows) <= wanted:
        return rows
    drawn: NDArray[np.int64] = rows[generator.choice(len(rows), wanted, replace=False, shuffle=False)]
    return drawn


def _class_score(points: NDArray[np.float64], p: NDArray[np.int64], q: NDArray[np.int64]) -> tuple[float, float]:
    """Average precision of one class and the share of targets among its pairs; NaN where it has too few clips."""
    if len(p) < 2 or len(q) < 1:
        return float("nan"), float("nan")
    # The mean over targets of the precision at their own score: how many targets and how many non-targets lie as high?
    clips = points.take(np.concatenate([p, q[:CHUNK]]), 0)
    here = clips[: len(p)]
    steps = _steps(here, clips)
    targets = steps.take(_upper_triangle(*steps.shape))
    ordered, above = _among(targets, steps[:, len(p) :].ravel())
    for start in range(CHUNK, len(q), CHUNK):
        others = _steps(here, points.take(q[start : start + CHUNK], 0))
        above += _among(targets, others.ravel())[1]
    hits = len(targets) - _first_of_ties(ordered)
    return float((hits / (hits + above)).mean()), len(targets) / (len(targets) + len(p) * len(q))


def _steps(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.int32]:
    cosine: NDArray[np.float64] = a @ b.T
    return np.rint(cosine, out=cosine).astype(np.int32)


def _among(targets: NDArray[np.int32], others: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The targets in ascending order, and how many of the others are as high as each of them, or higher."""
    steps = np.concatenate([targets, others])
    order = _ascending(steps)
    place = np.flatnonzero(order < len(targets))  # of the targets among all; each stands before others of its height
    return steps.take(order.take(place)), len(others) - (place - np.arange(len(targets)))


def _ascending(steps: NDArray[np.int32]) -> NDArray[np.int64]:
    """Where each number of the sorted array stands in `steps`; equal ones keep their order.

    NumPy sorts numbers of 8 and of 16 bits by counting them, in two or three passes without a comparison. By the low
    16 bits first, then by the high ones (24 bits hold every step), takes a third of the time of sorting 32 bits.
    """
    order: NDArray[np.int64] = np.lexsort((steps.astype(np.uint16), (steps >> 16).astype(np.int8)))
    return order


@lru_cache(maxsize=8)
def _upper_triangle(rows: int, columns: int) -> NDArray[np.int64]:
    """Flat positions above the diagonal in the first, square part of a (rows, columns) array."""
    i, j = np.triu_indices(rows, 1)
    flat: NDArray[np.int64] = i * columns + j
    return flat


def _first_of_ties(ordered: NDArray[np.int32]) -> NDArray[np.int64]:
    """Position of the first entry equal to each entry of a sorted array."""
    at = np.arange(len(ordered))
    tied = np.flatnonzero(ordered[1:] == ordered[:-1])  # each with the one behind it
    run = tied - at[: len(tied)]  # one number along a run of ties
    at[tied + 1] = tied.take(np.searchsorted(run, run))
    return at
