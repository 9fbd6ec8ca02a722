"""How fast embeddings are judged: query by example against the protocol written down with NumPy and scikit-learn.

527 classes, 100 present and 100 not-present clips of each, three labels per clip, as many as AudioSet's evaluation set
has; random embeddings of width 128. Both sides draw the same clips and must find the same figure. The peer's labels are
0 and 1, as in scikit-learn's documentation; with booleans, which it does not sort first, it is quicker: a row of its
own. `--quick` takes a quarter of the classes and of the clips. kNN and the linear probe stand beside scikit-learn's for
information.
"""

from __future__ import annotations

import sys
import tracemalloc
from functools import partial

import numpy as np
import torch
from harness import Options, Row, alternately, run, speedup
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

from lightning_sepcl.evaluation.knn import LEAST_WEIGHT, knn_scores
from lightning_sepcl.evaluation.logistic_regression import logistic_regression
from lightning_sepcl.evaluation.query_by_example import query_by_example

GOAL = 20.0
CLIPS, CLASSES, DIM = 20_000, 527, 128
LABELLED = 110
"""Clips that have a class, of which 100 are drawn."""
PRESENT = 100
PENALTY = 1e-2
NEIGHBOURS = 5


def measure(options: Options) -> list[Row]:
    """Query by example with its memory, then the two other protocols."""
    torch.set_grad_enabled(False)
    part = 4 if options.quick else 1
    return [
        *_query_by_example(options, CLIPS // part, CLASSES // part),
        *_classifiers(options, clips=1000 if options.quick else 4000),
    ]


def _query_by_example(options: Options, clips: int, classes: int) -> list[Row]:
    h, target = random_clips(clips, classes)
    ours, theirs = query_by_example(h, target).map, transcription(h.numpy(), target.numpy())
    if abs(ours - theirs) > 1e-5:
        raise SystemExit(f"the two sides disagree: query_by_example finds {ours}, scikit-learn {theirs}")
    contestants = {
        "ours": partial(query_by_example, h, target),
        "peer": partial(transcription, h.numpy(), target.numpy()),
        "peer, boolean": partial(transcription, h.numpy(), target.numpy(), labels=np.bool_),
    }
    timings = alternately(contestants, options.rounds_or(quick=3, full=9))
    name = f"query by example, {classes} classes vs scikit-learn"
    ms = {name: 1e3 * timing.median(options.clock) for name, timing in timings.items()}
    wall = {name: 1e3 * timing.median("wall") for name, timing in timings.items()}
    rows = [
        speedup(name, ms["ours"], ms["peer"], options.milliseconds, GOAL),
        speedup(f"{name}, boolean labels", ms["ours"], ms["peer, boolean"], options.milliseconds),
        speedup(name, wall["ours"], wall["peer"], "ms wall"),
    ]
    peaks = {name: _peak_mb(contestants[name]) for name in ("ours", "peer")}
    everything = _peak_mb(partial(query_by_example, h, target[:, :2], ratio=None))
    return [
        *rows,
        speedup("peak memory of query by example vs scikit-learn", peaks["ours"], peaks["peer"], "MB"),
        Row("the embeddings in float64, part of that memory", h.numel() * 8 / 1e6, "MB"),
        Row("peak memory against all other clips", everything, "MB"),
    ]


def random_clips(clips: int, classes: int) -> tuple[Tensor, Tensor]:
    """Embeddings (clip, DIM) and targets (clip, class); the same at every call."""
    generator = torch.Generator().manual_seed(0)
    target = torch.zeros(clips, classes)
    for column in range(classes):
        target[torch.randperm(clips, generator=generator)[:LABELLED], column] = 1
    return torch.randn(clips, DIM, generator=generator), target


def transcription(h: NDArray[np.float32], target: NDArray[np.float32], labels: type[np.generic] = np.int64) -> float:
    """The protocol as one would write it down: per class, the cosines of all pairs and their average precision."""
    found = []
    for column in range(target.shape[1]):
        generator = np.random.default_rng([0, column])
        present, absent = np.flatnonzero(target[:, column] > 0), np.flatnonzero(target[:, column] == 0)
        here = h[present[generator.choice(len(present), PRESENT, replace=False, shuffle=False)]]
        away = h[absent[generator.choice(len(absent), PRESENT, replace=False, shuffle=False)]]
        targets = cosine_similarity(here)[np.triu_indices(PRESENT, 1)]
        score = np.concatenate([targets, cosine_similarity(here, away).ravel()])
        is_target = (np.arange(len(score)) < len(targets)).astype(labels)
        found.append(average_precision_score(is_target, score))
    return float(np.mean(found))


def _peak_mb(function: partial[object]) -> float:
    tracemalloc.start()
    function()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def _classifiers(options: Options, clips: int, classes: int = 50) -> list[Row]:
    generator = torch.Generator().manual_seed(0)
    label = torch.arange(clips) % classes
    x = torch.randn(clips, DIM, generator=generator) + torch.randn(classes, DIM, generator=generator)[label]
    target = torch.nn.functional.one_hot(label, classes).float()
    test, known, names = x[: clips // 4], x.numpy(), label.numpy()
    neighbours = KNeighborsClassifier(NEIGHBOURS, weights=_votes, metric="cosine", algorithm="brute").fit(known, names)
    probe = LogisticRegression(C=1 / (clips * PENALTY), tol=3e-5, max_iter=1000)
    contestants = {
        "kNN": partial(knn_scores, x, target, test, NEIGHBOURS),
        "kNN of scikit-learn": partial(neighbours.predict_proba, test.numpy()),
        "probe": partial(logistic_regression, x, target, PENALTY),
        "probe of scikit-learn": partial(probe.fit, known, names),
    }
    timings = alternately(contestants, options.rounds_or(quick=3, full=9))
    ms, unit = {name: 1e3 * timing.median(options.clock) for name, timing in timings.items()}, options.milliseconds
    size = f"{clips} clips, {classes} classes vs scikit-learn"
    return [
        speedup(f"kNN, {size}", ms["kNN"], ms["kNN of scikit-learn"], unit),
        speedup(f"logistic regression, {size}", ms["probe"], ms["probe of scikit-learn"], unit),
    ]


def _votes(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights of our protocol."""
    return np.maximum(1 - distance, LEAST_WEIGHT)


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
