"""Shallow classifier: one hidden layer on the frozen, L2-normalised embedding, as in the scenes paper."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.evaluation.average_precision import mean_average_precision
from lightning_sepcl.evaluation.embedded_set import EmbeddedSet, held_out
from lightning_sepcl.evaluation.protocol import Figure, Protocol, classification_figure

HELD_OUT = 0.05
"""Share of the training clips to stop on where there is no validation set. Source: scenes paper, section 4.1."""
STEPS_PER_CHECK = 10
"""Least optimiser steps between two looks at the validation mAP: a small set's epoch is a single step."""

Weights = list[Tensor]
"""Of the two layers: weight (hidden, dim), bias (hidden,), weight (class, hidden), bias (class,)."""


class ShallowClassifier(Protocol):
    """Linear, ReLU, linear on L2-normalised embeddings, stopped at its best validation mAP.

    Reports mAP, and accuracy as well where a clip has one class. All it draws comes from its own generator.

    Args:
        hidden: units of the hidden layer.
        learning_rate: of Adam.
        batch_size: clips per step.
        patience: looks at the validation mAP without a new best before it stops; a look is taken every epoch, or
            every 10 steps where an epoch is shorter.
        max_checks: looks to stop at in any case.
        standardise: whether to standardise by the training clips before normalising; the paper does not.

    Source: scenes paper, section 4.1 (architecture, held-out share, choice by validation mAP); it does not state the
    optimiser, so Adam, learning rate, batch and patience are ours.
    """

    def __init__(
        self,
        hidden: int = 512,
        learning_rate: float = 1e-3,
        batch_size: int = 4096,
        patience: int = 10,
        max_checks: int = 100,
        standardise: bool = False,
    ) -> None:
        self.hidden, self.learning_rate, self.batch_size = hidden, learning_rate, batch_size
        self.patience, self.max_checks, self.standardise = patience, max_checks, standardise

    def figures(
        self, train: EmbeddedSet, val: EmbeddedSet | None, test: EmbeddedSet, multi_label: bool, seed: int
    ) -> list[Figure]:
        """`shallow_map`, and `shallow_accuracy` unless `multi_label`."""
        fit, choose = (train, val) if val is not None else held_out(train, HELD_OUT, seed)
        weights = self.fit(fit, choose, multi_label, seed)
        with torch.no_grad():
            score = class_logits(weights, test.h)
        phrase = self._phrase(f"MLP with {self.hidden} hidden units, best validation mAP")
        kinds = [True] if multi_label else [True, False]
        return [classification_figure("shallow", score, test.target, kind, phrase) for kind in kinds]

    def fit(self, train: EmbeddedSet, val: EmbeddedSet, multi_label: bool, seed: int) -> Weights:
        """The weights that were best on `val` while training on `train`."""
        generator = torch.Generator().manual_seed(seed)
        weights = _initial_weights(train.h.shape[1], self.hidden, train.target.shape[1], generator)
        adam = torch.optim.Adam(weights, self.learning_rate)
        epochs = math.ceil(STEPS_PER_CHECK * self.batch_size / len(train)) if len(train) else 1
        best, kept, since = -math.inf, [w.detach().clone() for w in weights], 0
        for _ in range(self.max_checks):
            for _ in range(max(1, min(epochs, STEPS_PER_CHECK))):
                self._epoch(weights, adam, train, multi_label, generator)
            with torch.no_grad():
                now = mean_average_precision(class_logits(weights, val.h), val.target)
            since += 1
            if now >= best:  # of equals the latest: accuracy still grows after the ranking is right
                since = 0 if now > best else since
                best, kept = now, [w.detach().clone() for w in weights]
            if since >= self.patience:
                break
        return kept

    def _epoch(
        self,
        weights: Weights,
        adam: torch.optim.Adam,
        train: EmbeddedSet,
        multi_label: bool,
        generator: torch.Generator,
    ) -> None:
        for rows in torch.split(torch.randperm(len(train), generator=generator), self.batch_size):
            logits, target = class_logits(weights, train.h[rows]), train.target[rows]
            loss = F.binary_cross_entropy_with_logits if multi_label else F.cross_entropy
            adam.zero_grad()
            torch.autograd.backward(loss(logits, target))
            adam.step()


def class_logits(weights: Weights, h: Float[Tensor, "n dim"]) -> Float[Tensor, "n class"]:
    """The classifier's output for embeddings of any length."""
    hidden = F.linear(F.normalize(h, dim=1), weights[0], weights[1]).relu()
    return F.linear(hidden, weights[2], weights[3])


def _initial_weights(dim: int, hidden: int, classes: int, generator: torch.Generator) -> Weights:
    """As `torch.nn.Linear` draws them (uniform within 1 / sqrt(inputs)), but from `generator`."""
    weights = []
    for inputs, outputs in ((dim, hidden), (hidden, classes)):
        for shape in ((outputs, inputs), (outputs,)):
            draw = torch.rand(shape, generator=generator)
            weights.append(((2 * draw - 1) / math.sqrt(inputs)).requires_grad_())
    return weights
