"""Nearest neighbours: the classes of the training clips closest to a test clip, weighted by how close they are."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet, joined
from lightning_sepcl.evaluation.protocol import Figure, Protocol, classification_figure

PAIRS = 2**25
"""Cosines held at a time: 128 MB."""
MOST_ROWS = 1024
"""Test clips compared at a time, at most."""
LEAST_WEIGHT = 1e-3
"""A neighbour at or beyond a right angle still counts a little: it is among the nearest after all."""


def knn_scores(
    train: Float[Tensor, "n dim"], target: Float[Tensor, "n class"], test: Float[Tensor, "m dim"], k: int = 5
) -> Float[Tensor, "m class"]:
    """Share of the votes each class gets from the `k` training clips of largest cosine, weighted by that cosine.

    Args:
        train: embeddings to look among.
        target: their classes; a clip votes once for each of its classes.
        test: embeddings to be classified.
        k: neighbours; all of `train` where it is smaller.

    >>> knn_scores(torch.eye(2), torch.eye(2), torch.tensor([[2.0, 0.0]]), k=1)
    tensor([[1., 0.]])
    """
    known = F.normalize(train, dim=1)
    rows = max(1, min(MOST_ROWS, PAIRS // max(1, len(known))))
    return torch.cat([_votes(part, known, target, k) for part in torch.split(F.normalize(test, dim=1), rows)])


def _votes(test: Tensor, known: Tensor, target: Tensor, k: int) -> Tensor:
    near = (test @ known.T).topk(min(k, len(known)), dim=1)
    weight = near.values.clamp(min=LEAST_WEIGHT)
    return torch.einsum("mk,mkc->mc", weight, target[near.indices]) / weight.sum(1, keepdim=True)


class KNN(Protocol):
    """Cosine nearest neighbours among the training and validation clips: accuracy, or mAP of multi-label clips.

    Args:
        k: neighbours that vote.
        standardise: whether to standardise by the training clips first.
        whiten: whether to whiten by the training clips after that.
    """

    def __init__(self, k: int = 5, standardise: bool = True, whiten: bool = False) -> None:
        if k < 1:
            raise ValueError(f"KNN: k must be at least 1, found {k}")
        self.k, self.standardise, self.whiten = k, standardise, whiten

    def figures(
        self, train: EmbeddedSet, val: EmbeddedSet | None, test: EmbeddedSet, multi_label: bool, seed: int
    ) -> list[Figure]:
        """`knn_accuracy` or `knn_map`; no setting is chosen, so the validation clips vote as well."""
        known = train if val is None else joined(train, val)
        score = knn_scores(known.h, known.target, test.h, self.k)
        phrase = self._phrase(f"{self.k} nearest by cosine, weighted votes")
        return [classification_figure("knn", score, test.target, multi_label, phrase)]
